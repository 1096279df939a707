/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "base/walk.h"
#include "cage/confine.h"
#include "cage/limits.h"
#include "cage/mounts.h"
#include "cage/namespace.h"
#include "cage/run.h"

/* Tries each kind of cage, with nothing in it, to see which is possible here. */

/* Tries the steps of cage_open() and cage_run(), without a build. */
static int try_full(bool with_users, bool *ret_impossible, struct error *error)
{
	static const struct cage_request request = {.temporary = "/tmp"};
	const struct namespace users = {
		.kind = "user", .flag = CLONE_NEWUSER, .owner = ids_for_build(0)};
	const struct namespace mounts = {
		.kind = "mnt", .flag = CLONE_NEWNS, .inside = cage_mount_all, .request = &request};
	cleanup(close_fd) int users_fd = -1, mounts_fd = -1;

	/* Maps and mounts are made through /proc, which nobody but the administrator can take away.
	 */
	*ret_impossible = !file_exists("/proc/self/ns");
	if (*ret_impossible)
		return error_set(error, -ENOENT, 0, "/proc is not mounted");
	if ((with_users && namespace_make(&users, &users_fd, ret_impossible, error) < 0) ||
	    namespace_make(&mounts, &mounts_fd, ret_impossible, error) < 0)
		return error->code;
	const struct cage cage = {.kind = CAGE_FULL,
				  .owner = users.owner,
				  .users_fd = users_fd,
				  .mounts_fd = mounts_fd};

	return cage_try(&cage, ret_impossible, error);
}

static int detach_mounts(const struct cage_request *request, struct error *error)
{
	(void)request;
	return root_detach(MS_SLAVE, error);
}

static int try_view(bool *ret_impossible, struct error *error)
{
	const struct namespace mounts = {
		.kind = "mnt", .flag = CLONE_NEWNS, .inside = detach_mounts};
	cleanup(close_fd) int fd = -1;

	return namespace_make(&mounts, &fd, ret_impossible, error);
}

static int try_full_with_users(bool *ret_impossible, struct error *error)
{
	return try_full(true, ret_impossible, error);
}

static int try_full_without_users(bool *ret_impossible, struct error *error)
{
	return try_full(false, ret_impossible, error);
}

/* A limit is only a limit: where one cannot be kept so, there are others. */
static void try_groups(bool groups[GROUP_CONTROLLERS])
{
	static const uint64_t limits[GROUP_CONTROLLERS] = {1ULL << 40, 1ULL << 20};
	static const bool wanted[GROUP_CONTROLLERS];
	cleanup(error_clear) struct error ignored = {0};
	struct build_group group = {0};

	(void)group_make("", limits, wanted, &group, &ignored);
	for (int i = 0; i < GROUP_CONTROLLERS; i++)
		groups[i] = group.directories[i] != NULL;
	group_remove(&group);
}

int cage_find_support(struct cage_support *ret_support, struct error *error)
{
	static const struct {
		int (*try)(bool *ret_impossible, struct error *error);
		enum cage_kind kind;
		bool users;
	} kinds[] = {{try_full_with_users, CAGE_FULL, true},
		     {try_full_without_users, CAGE_FULL, false},
		     {try_view, CAGE_VIEW, false}};
	struct error first = {0};
	struct cage_support support = {.strictest = CAGE_NONE};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct error refusal = {0};
		bool impossible = false;

		if (kinds[i].try(&impossible, &refusal) == 0) {
			support.strictest = kinds[i].kind;
			support.users = kinds[i].users;
			break;
		}
		if (!impossible) {
			error_clear(&first);
			(void)error_move(error, &refusal);
			return error_wrap(error, "Cannot find out whether builds can be isolated "
						 "from the system");
		}
		error_move(&first, &refusal); /* the first one counts */
	}
	if (support.strictest == CAGE_FULL) {
		error_clear(&first);
		try_groups(support.groups);
	}
	support.first = ids_choose_first();
	support.refusal = first.message;
	*ret_support = support;
	return 0;
}

void cage_support_free(struct cage_support *support)
{
	free(support->refusal);
	support->refusal = NULL;
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

int cage_run(const struct cage *cage, const struct process *process, const int keep_fds[2],
	     int *ret_status, struct error *error)
{
	if (cage->kind == CAGE_FULL)
		return run_caged(cage, process, keep_fds, ret_status, error);
	return run_uncaged(cage, process, ret_status, error);
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
	const struct namespace users = {
		.kind = "user",
		.flag = CLONE_NEWUSER,
		.owner = ids_for_build(request->support->first + request->number)};
	const struct namespace mounts = {
		.kind = "mnt", .flag = CLONE_NEWNS, .inside = cage_mount_all, .request = request};
	bool impossible;

	if (request->support->users &&
	    namespace_make(&users, &cage->users_fd, &impossible, error) < 0)
		return error->code;
	if (namespace_make(&mounts, &cage->mounts_fd, &impossible, error) < 0)
		return error->code;
	if (limits_open(request, cage, error) < 0)
		return error->code;
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
	const struct namespace mounts = {
		.kind = "mnt", .flag = CLONE_NEWNS, .inside = cage_mount_view, .request = request};
	bool impossible;

	return namespace_make(&mounts, &cage->mounts_fd, &impossible, error);
}

static struct cage *new_cage(const struct cage_request *request, enum cage_kind kind)
{
	struct cage *cage = NEW(struct cage);

	*cage = (struct cage){
		.kind = kind, .mounts_fd = -1, .users_fd = -1, .network = request->network};
	if (request->second_place) {
		cage->writable = xstrdup(request->writable);
		cage->second_place = xstrdup(request->second_place);
	}
	return cage;
}

int cage_open(const struct cage_request *request, struct cage **ret_cage, struct error *error)
{
	enum cage_kind possible = request->support->strictest;
	enum cage_kind kind = request->strictest < possible ? request->strictest : possible;

	if (kind == CAGE_VIEW && !request->view)
		kind = CAGE_NONE;
	cleanup(cage_close_handler) struct cage *cage = new_cage(request, kind);

	if ((kind == CAGE_FULL && open_full(request, cage, error) < 0) ||
	    (kind == CAGE_VIEW && open_view(request, cage, error) < 0))
		return error_wrap(error, "The build cannot be isolated from the system this time, "
					 "so it is not run");
	*ret_cage = TAKE(cage);
	return 0;
}

void cage_close(struct cage *cage)
{
	limits_close(cage);
	close_fd(&cage->mounts_fd);
	close_fd(&cage->users_fd);
	free(cage->writable);
	free(cage->second_place);
	free(cage);
}

enum cage_limit cage_limit_hit(const struct cage *cage)
{
	if (group_count_hits(&cage->group, GROUP_MEMORY))
		return CAGE_LIMIT_MEMORY;
	if (group_count_hits(&cage->group, GROUP_PIDS))
		return CAGE_LIMIT_PROCESSES;
	return cage->usage && cage->usage->full ? CAGE_LIMIT_TEMPORARY : CAGE_LIMIT_NONE;
}

bool cage_tried_network(const struct cage *cage)
{
	return cage->usage && cage->usage->tried;
}
