/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "distribute/workshop.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "base/walk.h"
#include "cage/cage.h"
#include "cage/worker.h"
#include "tree/layout.h"

/* Programs whose Debian package has another name. */
static const struct {
	const char *program, *package;
} packages[] = {
	{"dpkg-buildpackage", "dpkg-dev"},
	{"dpkg-deb", "dpkg"},
	{"dpkg-genchanges", "dpkg-dev"},
	{"dpkg-source", "dpkg-dev"},
	{"find", "findutils"},
	{"createrepo_c", "createrepo-c"},
	{"md5sum", "coreutils"},
	{"modinfo", "kmod"},
	{"rpmbuild", "rpm"},
	{"sort", "coreutils"},
	{"xargs", "findutils"},
};

static const char *package_of(const char *program)
{
	for (size_t i = 0; i < sizeof(packages) / sizeof(*packages); i++)
		if (text_equal(packages[i].program, program))
			return packages[i].package;
	return program;
}

int workshop_require(const char *const *programs, struct error *error)
{
	for (; *programs; programs++) {
		cleanup(free_string) char *found = process_find_program(*programs);

		if (!found)
			return error_set(error, -ENOENT, EXIT_USAGE,
					 "The program %s is not installed.\n"
					 "Install the package %s and try again.",
					 *programs, package_of(*programs));
	}
	return 0;
}

#define OUT "out"

enum { LOG_SHOWN = 2000, SECONDS = 3600 };

static int make_directory(const char *parent, const char *name, struct error *error)
{
	cleanup(free_string) char *path = path_join(parent, name, NULL);

	if (mkdir(path, 0755) < 0 || chmod(path, 0755) < 0)
		return error_errno(error, -errno, EXIT_NO_PRODUCT, "Cannot make the directory %s",
				   path);
	return 0;
}

/* make and rpmbuild accept no blanks and special characters in paths. */
static const char *place_of(const struct settings *settings)
{
	const char *path = settings->temporary;

	for (const char *c = path; *c; c++)
		if (!isascii(*c) || (!isalnum((unsigned char)*c) && !strchr("/._+-", *c)))
			return "/tmp";
	return path;
}

int workshop_open(const struct settings *settings, struct workshop *workshop, struct error *error)
{
	cleanup(free_string) char *parent = realpath(place_of(settings), NULL);

	if (!parent)
		return error_errno(error, -errno, EXIT_NO_PRODUCT, "Cannot use %s",
				   settings->temporary);
	if (staging_open(parent, "package", &workshop->staging, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	workshop->settings = settings;
	workshop->tree = path_join(workshop->staging.path, "tree", NULL);
	if (make_directory(workshop->staging.path, "tree", error) < 0 ||
	    make_directory(workshop->tree, OUT, error) < 0 ||
	    make_directory(workshop->tree, "tmp", error) < 0)
		return error->code;
	return 0;
}

void workshop_close(struct workshop *workshop)
{
	if (workshop->staging.path)
		staging_close(&workshop->staging);
	free(workshop->tree);
	*workshop = (struct workshop){0};
}

/* The caller's environment must not change the packages. */
static void fill_environment(const struct workshop *workshop, time_t time, struct strv *environment)
{
	const char *search = getenv("PATH");

	strv_add_format(environment, "PATH=%s", search ? search : "/usr/sbin:/usr/bin:/sbin:/bin");
	strv_add_format(environment, "HOME=%s/tmp", workshop->tree);
	strv_add_format(environment, "TMPDIR=%s/tmp", workshop->tree);
	strv_add_format(environment, "SOURCE_DATE_EPOCH=%lld", (long long)time);
	strv_add(environment, "LC_ALL=C.UTF-8");
	strv_add(environment, "TZ=UTC");
}

/* For root without a cage: an id that owns only the tree. */
static int become(void *context)
{
	return worker_become(*(uid_t *)context);
}

static int choose_id(const struct workshop *workshop, uid_t *ret_id, struct error *error)
{
	cleanup(close_fd) int fd = open(workshop->tree,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int code = fd < 0 ? -errno : worker_lend(fd, ret_id);

	return code ? error_errno(error, code, 0, "Cannot give away %s", workshop->tree) : 0;
}

static int run_as_nobody(const struct workshop *workshop, const struct process *process,
			 int *ret_status, struct error *error)
{
	struct process child = *process;
	uid_t id = 0;

	child.timeout_seconds = SECONDS;
	if (choose_id(workshop, &id, error) < 0)
		return error->code;
	if (!id)
		return process_run(&child, ret_status, error);
	if (chmod(workshop->staging.path, 0711) < 0)
		return error_errno(error, -errno, 0, "%s", workshop->staging.path);
	if (cage_give(workshop->tree, id, error) < 0)
		return error->code;
	child.prepare = become;
	child.prepare_context = &id;
	return process_run(&child, ret_status, error);
}

static int run_in_cage(const struct workshop *workshop, const struct cage_support *support,
		       const struct process *process, int *ret_status, struct error *error)
{
	static const int none[2] = {-1, -1};
	struct cage_request request = {
		.support = support,
		.strictest = CAGE_FULL,
		.view = workshop->staging.path,
		.mount_point = workshop->staging.path,
		.writable = workshop->tree,
		.readable = "",
		.temporary = workshop->settings->temporary,
		.limits = {.seconds = SECONDS},
	};
	const char *search = getenv("PATH");
	cleanup(cage_close_handler) struct cage *cage = NULL;

	strv_add(&request.visible, workshop->staging.path);
	strv_split(&request.visible, search ? search : "", ":");
	strv_add(&request.hidden, workshop->settings->dkms_tree);
	strv_add_owned(&request.secrets, layout_mok_key(workshop->settings));
	if (cage_open(&request, &cage, error) == 0)
		(void)cage_run(cage, process, none, ret_status, error);
	strv_free(&request.visible);
	strv_free(&request.hidden);
	strv_free(&request.secrets);
	return error->code;
}

static int run(const struct workshop *workshop, const struct process *process, int *ret_status,
	       struct error *error)
{
	struct cage_support support = {0};

	if (geteuid() != 0)
		return process_run(process, ret_status, error);
	if (cage_find_support(&support, error) < 0)
		return error->code;
	if (support.strictest == CAGE_FULL)
		(void)run_in_cage(workshop, &support, process, ret_status, error);
	else
		(void)run_as_nobody(workshop, process, ret_status, error);
	cage_support_free(&support);
	return error->code;
}

/* The end of the programs' output, safe for a terminal. */
static char *read_log(int log)
{
	off_t length = lseek(log, 0, SEEK_END);
	char bytes[LOG_SHOWN + 1] = "";
	cleanup(strv_free) struct strv lines = {0}, shown = {0};
	const char *line;
	ssize_t count = pread(log, bytes, LOG_SHOWN, length > LOG_SHOWN ? length - LOG_SHOWN : 0);

	bytes[count > 0 ? count : 0] = '\0';
	strv_split(&lines, bytes, "\n");
	STRV_FOREACH (line, &lines)
		strv_add_owned(&shown, text_printable(line, LOG_SHOWN));
	return strv_join(&shown, "\n");
}

static int check(const struct workshop_job *job, int log, int status, struct error *error)
{
	cleanup(free_string) char *text = NULL;

	if (!status)
		return 0;
	if (interrupt_pending())
		return interrupt_error(error);
	text = read_log(log);
	return error_set(error, -ECHILD, EXIT_NO_PRODUCT, "There was a problem %s (status %d).%s%s",
			 job->purpose, status, *text ? "\n" : "", text);
}

int workshop_run(const struct workshop *workshop, const struct workshop_job *job,
		 struct error *error)
{
	cleanup(free_string) char *path = path_join(workshop->staging.path, "log", NULL);
	cleanup(close_fd) int log = open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
					 0600);
	cleanup(strv_free) struct strv argv = {0}, environment = {0};
	int status = 0;

	if (log < 0)
		return error_errno(error, -errno, EXIT_NO_PRODUCT, "Cannot make %s", path);
	strv_add(&argv, "sh");
	strv_add(&argv, "-euc");
	strv_add(&argv, job->script);
	strv_add(&argv, "dkms");
	for (const char *const *argument = job->arguments; *argument; argument++)
		strv_add(&argv, *argument);
	fill_environment(workshop, job->time, &environment);
	struct process process = {
		.argv = strv_argv(&argv),
		.env = strv_argv(&environment),
		.directory = workshop->tree,
		.stdout_fd = log,
		.stderr_fd = log,
		.own_group = true,
		.dies_with_parent = true,
	};

	if (run(workshop, &process, &status, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return check(job, log, status, error);
}

/* The tree belongs to the programs. So each part is opened by itself, and no link is followed. */
static int open_below(const struct workshop *workshop, const char *name, int flags)
{
	cleanup(strv_free) struct strv parts = {0};
	cleanup(close_fd) int directory = open(workshop->staging.path,
					       O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *part;

	strv_add(&parts, "tree");
	strv_split(&parts, name, "/");
	STRV_FOREACH (part, &parts) {
		bool last = part == parts.items[parts.count - 1];
		int next = openat(directory, part,
				  (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);

		close_fd(&directory);
		directory = next;
		if (next < 0)
			return -errno;
	}
	return TAKE_FD(directory);
}

static int copy(int from, int to)
{
	enum { CHUNK = 1 << 16 };
	cleanup(free_string) char *chunk = xcalloc(1, CHUNK);
	ssize_t count;

	while ((count = read(from, chunk, CHUNK)) != 0) {
		if (count < 0 && errno == EINTR)
			continue;
		int code = count < 0 ? -errno : file_write_all(to, chunk, (size_t)count);

		if (code < 0)
			return code;
	}
	return fchmod(to, 0644) < 0 || fsync(to) < 0 ? -errno : 0;
}

int workshop_take(const struct workshop *workshop, const char *name, const char *path,
		  struct error *error)
{
	cleanup(close_fd) int from = open_below(workshop, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat info;

	if (from < 0 || fstat(from, &info) < 0 || !S_ISREG(info.st_mode) || info.st_nlink != 1)
		return error_set(error, -ENOENT, EXIT_NO_PRODUCT, "The programs made no %s.",
				 path_basename(name));
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (to < 0)
		return error_errno(error, -errno, EXIT_NO_PRODUCT, "Cannot make %s", path);
	int code = copy(from, to);

	if (close(to) < 0 && !code)
		code = -errno;
	return code < 0 ? error_errno(error, code, EXIT_NO_PRODUCT, "Cannot write %s", path) : 0;
}

int workshop_list(const struct workshop *workshop, struct strv *names, struct error *error)
{
	cleanup(close_fd) int out = open_below(workshop, OUT, O_RDONLY | O_DIRECTORY);
	const struct dirent64 *entry;
	struct entries entries;
	int code = out < 0 ? out : entries_open(&entries, out, ".");

	if (code < 0)
		return error_errno(error, code, EXIT_NO_PRODUCT,
				   "Cannot read the directory of the packages");
	while ((entry = entries_next(&entries)))
		strv_add(names, entry->d_name);
	code = entries_close(&entries);
	strv_sort(names);
	return code < 0 ? error_errno(error, code, EXIT_NO_PRODUCT,
				      "Cannot read the directory of the packages")
			: 0;
}
