/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "base/walk.h"
#include "cage/ids.h"
#include "cage/mounts.h"

/* A namespace on its way into a descriptor. */
struct holder {
	const char *kind; /* of /proc/PID/ns: "mnt", "user" */
	int flag;         /* of unshare() */
	int (*inside)(const struct cage_request *request, struct error *error); /* may be NULL */
	const struct cage_request *request;
	uid_t owner; /* where the range of ids starts; 0: no mapping */
};

/* In the child: prepares the namespace, says how it went, and stays until the pipe is closed. */
static void hold(const struct holder *holder, int answer, int release)
{
	struct error error = {0};
	char byte;

	int code = unshare(holder->flag) < 0 ? -errno : 0;

	if (code == -ENOSPC)
		(void)error_set(&error, -ENOSPC, 0,
				"%s namespaces: the sysctl user.max_%s_namespaces allows no more",
				holder->kind, holder->kind);
	else if (code)
		(void)error_errno(&error, code, 0, "%s namespaces", holder->kind);
	else if (holder->inside)
		(void)holder->inside(holder->request, &error);
	if (error.code) {
		(void)file_write_all(answer, error.message, strlen(error.message));
		_exit(1);
	}
	(void)close(answer);
	(void)!read(release, &byte, 1);
	_exit(0);
}

/* Reads what the child has to say; nothing means success. */
static int read_answer(int answer, struct error *error)
{
	char text[512];
	size_t length = 0;
	ssize_t got;

	while (length < sizeof(text) - 1) {
		got = read(answer, text + length, sizeof(text) - 1 - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	text[length] = '\0';
	return length ? error_set(error, -EPERM, 0, "%s", text) : 0;
}

static int write_map(pid_t pid, const char *name, uid_t owner, struct error *error)
{
	cleanup(free_string) char *path = text_format("/proc/%d/%s", (int)pid, name);
	cleanup(free_string) char *map = text_format("0 %u %d\n", (unsigned int)owner,
						     (int)IDS_OF_A_BUILD);
	cleanup(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
	int code = fd < 0 ? -errno : file_write_all(fd, map, strlen(map));

	return code < 0 ? error_errno(error, code, 0, "%s", path) : 0;
}

static int take_namespace(const struct holder *holder, pid_t pid, int *ret_fd, struct error *error)
{
	cleanup(free_string) char *path = text_format("/proc/%d/ns/%s", (int)pid, holder->kind);

	if (holder->owner && (write_map(pid, "uid_map", holder->owner, error) < 0 ||
			      write_map(pid, "gid_map", holder->owner, error) < 0))
		return error->code;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(error, -errno, 0, "%s", path);
	*ret_fd = fd;
	return 0;
}

/* Makes a namespace in a child that ends at once, and keeps it by a descriptor. */
static int make_namespace(const struct holder *holder, int *ret_fd, struct error *error)
{
	int answer[2], release[2];

	if (pipe2(answer, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "pipe");
	if (pipe2(release, O_CLOEXEC) < 0) {
		int code = -errno;

		(void)close(answer[0]);
		(void)close(answer[1]);
		return error_errno(error, code, 0, "pipe");
	}
	pid_t pid = fork();

	if (pid == 0) {
		(void)close(release[1]);
		hold(holder, answer[1], release[0]);
	}
	int code = pid < 0 ? error_errno(error, -errno, 0, "fork") : 0;

	(void)close(answer[1]);
	(void)close(release[0]);
	if (!code)
		code = read_answer(answer[0], error);
	if (!code)
		code = take_namespace(holder, pid, ret_fd, error);
	(void)close(answer[0]);
	(void)close(release[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return code;
}

static int give_one(const struct walk_step *step)
{
	const uid_t *owner = step->context;

	return fchownat(step->parent, step->name, *owner, (gid_t)*owner, AT_SYMLINK_NOFOLLOW) < 0
		       ? -errno
		       : 0;
}

int cage_give(const char *directory, uid_t owner, struct error *error)
{
	const struct walk walk = {.file = give_one, .enter = give_one, .context = &owner};
	int code = walk_tree(&walk, AT_FDCWD, directory, -1, NULL);

	return code ? error_errno(error, code, 0, "Cannot change the owner of %s", directory) : 0;
}

static char *outside_path(const struct cage_request *request, const char *inside)
{
	return path_join(request->view, inside + strlen(request->mount_point), NULL);
}

/* A command inside finds what it will need: no directory above it is closed to others. */
static int check_access(const struct cage *cage, const struct cage_request *request,
			struct error *error)
{
	static const char script[] = "cd \"$1\" && test -w . || exit 2\n"
				     "test -z \"$2\" || test -r \"$2\" -a -x \"$2\" || exit 3";
	const char *const argv[] = {"sh", "-c", script, "sh", request->writable, request->readable,
				    NULL};
	static const int none[2] = {-1, -1};
	struct process process = {
		.argv = (char *const *)argv, .directory = "/", .stdout_fd = -1, .stderr_fd = -1};
	int status;

	if (cage_run(cage, &process, none, &status, error) < 0)
		return error->code;
	if (status)
		return error_set(error, -EACCES, 0, "%s is closed to users other than root",
				 status == 3 ? request->readable : request->writable);
	return 0;
}

/* The view is root's; commands may traverse it, and nobody else. */
static int admit(const char *view, uid_t owner, struct error *error)
{
	if (chown(view, 0, (gid_t)owner) < 0 || chmod(view, 0750) < 0)
		return error_errno(error, -errno, 0, "%s", view);
	return 0;
}

static int open_full(const struct cage_request *request, struct cage *cage, struct error *error)
{
	struct holder users = {.kind = "user", .flag = CLONE_NEWUSER, .owner = ids_for_build()};
	struct holder mounts = {
		.kind = "mnt", .flag = CLONE_NEWNS, .inside = cage_mount_all, .request = request};

	if (make_namespace(&users, &cage->users_fd, error) < 0 ||
	    make_namespace(&mounts, &cage->mounts_fd, error) < 0)
		return error->code;
	cage->kind = CAGE_FULL;
	cage->owner = users.owner;
	if (!request->view)
		return 0;
	cleanup(free_string) char *writable = outside_path(request, request->writable);

	if (admit(request->view, cage->owner, error) < 0 ||
	    cage_give(writable, cage->owner, error) < 0)
		return error->code;
	return check_access(cage, request, error);
}

static int open_view(const struct cage_request *request, struct cage *cage, struct error *error)
{
	struct holder mounts = {
		.kind = "mnt", .flag = CLONE_NEWNS, .inside = cage_mount_view, .request = request};

	cage->kind = CAGE_VIEW;
	return make_namespace(&mounts, &cage->mounts_fd, error);
}

static int detach_mounts(const struct cage_request *request, struct error *error)
{
	(void)request;
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return error_errno(error, -errno, 0, "mount propagation");
	return 0;
}

bool cage_has_views(void)
{
	const struct holder mounts = {.kind = "mnt", .flag = CLONE_NEWNS, .inside = detach_mounts};
	cleanup(close_fd) int fd = -1;
	struct error error = {0};
	bool possible = make_namespace(&mounts, &fd, &error) == 0;

	error_clear(&error);
	return possible;
}

static struct cage *new_cage(const struct cage_request *request)
{
	struct cage *cage = NEW(struct cage);

	*cage = (struct cage){.mounts_fd = -1, .users_fd = -1, .network = request->network};
	if (request->second_place) {
		cage->writable = xstrdup(request->writable);
		cage->second_place = xstrdup(request->second_place);
	}
	return cage;
}

void cage_open(const struct cage_request *request, struct cage **ret_cage, char **ret_refusal)
{
	static int (*const opens[])(const struct cage_request *, struct cage *, struct error *) = {
		[CAGE_VIEW] = open_view,
		[CAGE_FULL] = open_full,
	};
	struct error error = {0};

	for (enum cage_kind kind = request->strictest; kind != CAGE_NONE; kind--) {
		cleanup(cage_close_handler) struct cage *cage = new_cage(request);
		struct error refusal = {0};

		if (kind == CAGE_VIEW && !request->view)
			continue;
		if (opens[kind](request, cage, &refusal) == 0) {
			*ret_cage = TAKE(cage);
			*ret_refusal = error.message;
			return;
		}
		error_move(&error, &refusal); /* the first one counts */
	}
	*ret_cage = new_cage(request);
	*ret_refusal = error.message;
}

void cage_close(struct cage *cage)
{
	close_fd(&cage->mounts_fd);
	close_fd(&cage->users_fd);
	free(cage->writable);
	free(cage->second_place);
	free(cage);
}
