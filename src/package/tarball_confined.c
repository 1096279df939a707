/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cage/ids.h"
#include "cage/worker.h"
#include "package/tarball_library.h"
#include "package/tarball_unpack.h"

enum { SECONDS = 900 };

struct unpacking {
	const char *file, *directory;
	const struct tarball_limits *limits;
	int fds[2]; /* the file, the directory */
};

static int unpack(void *context, struct answer *answer, struct error *error)
{
	const struct unpacking *unpacking = context;

	(void)answer;
	if (fchdir(unpacking->fds[1]) < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot unpack %s in %s",
				   unpacking->file, unpacking->directory);
	return tarball_unpack_here(unpacking->fds[0], unpacking->file, unpacking->directory,
				   unpacking->limits, error);
}

static int open_file(const char *file, struct error *error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat info;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(error, -ENOENT, EXIT_NOT_FOUND, "%s does not exist.", file);
	if (fd < 0)
		return error_errno(error, -errno, EXIT_NOT_FOUND, "Cannot open %s", file);
	if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
		return fd;
	(void)close(fd);
	return error_set(error, -EINVAL, EXIT_NOT_FOUND, "%s is not a file.", file);
}

/*
 * The directory is the worker's until it has ended. *ret_id stays 0 where it is this user's
 * already, and where a container has no other ids: there a worker keeps its user, too.
 */
static int give_away(const struct unpacking *unpacking, uid_t *ret_id, struct error *error)
{
	enum { ID_IN_CONTAINERS = 64999 };
	const uid_t ids[] = {ids_for_build(ids_choose_first()), ID_IN_CONTAINERS};

	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		if (fchown(unpacking->fds[1], ids[i], (gid_t)ids[i]) == 0) {
			*ret_id = ids[i];
			return 0;
		}
		if (errno != EINVAL && errno != EPERM)
			return error_errno(error, -errno, EXIT_INSTALL, "Cannot give away %s",
					   unpacking->directory);
	}
	return 0;
}

static int run(const struct unpacking *unpacking, uid_t id, struct error *error)
{
	cleanup(free_string) char *purpose = text_format("unpacking %s", unpacking->file);
	const struct worker worker = {
		.purpose = purpose,
		.work = unpack,
		.context = (void *)unpacking,
		.fds = unpacking->fds,
		.fd_count = 2,
		.id = id,
		.opens_files = true,
		.writes_files = true,
		.seconds = SECONDS,
		.file_size = (size_t)unpacking->limits->bytes,
	};
	cleanup(answer_free) struct answer answer = {0};

	if (worker_run(&worker, &answer, error) < 0)
		return error_set_status(error, EXIT_NO_PRODUCT);
	return 0;
}

int tarball_unpack(const char *file, const char *directory, const struct tarball_limits *limits,
		   struct strmap *entries, struct error *error)
{
	cleanup(close_fd) int fd = open_file(file, error);
	cleanup(close_fd) int to = -1;
	uid_t id = 0;

	if (fd < 0 || libarchive_load(error) < 0)
		return error->code;
	to = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot open %s", directory);
	const struct unpacking unpacking = {file, directory, limits, {fd, to}};

	if (give_away(&unpacking, &id, error) < 0)
		return error->code;
	if (run(&unpacking, id, error) < 0)
		return error->code;
	return tarball_adopt(to, file, id ? id : geteuid(), limits, entries, error);
}
