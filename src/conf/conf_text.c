/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/conf_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

static int read_all(int fd, off_t size, const char *path, char **ret_text, struct error *error)
{
	cleanup(buffer_free) struct buffer text = {0};
	char chunk[16384];
	ssize_t got;

	if (size > CONF_SIZE_LIMIT)
		return error_set(error, -EFBIG, 0,
				 "%s is too large: a configuration file may have at most %d bytes.",
				 path, CONF_SIZE_LIMIT);
	while ((got = read(fd, chunk, sizeof(chunk))) > 0 && text.length <= CONF_SIZE_LIMIT)
		buffer_add(&text, chunk, (size_t)got);
	if (got < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (text.length && memchr(text.data, '\0', text.length))
		return error_set(error, -EILSEQ, 0,
				 "%s is no configuration file: it holds NUL bytes", path);
	*ret_text = buffer_take(&text);
	return 0;
}

static int read_text(const char *path, char **ret_text, struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat info;

	if (fd < 0 && errno == ELOOP)
		return 0;
	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (S_ISDIR(info.st_mode))
		return error_errno(error, -EISDIR, 0, "Cannot read %s", path);
	/* Perhaps another's private file, under a second name. */
	if (file_is_closed_hard_link(&info))
		return 0;
	if (!S_ISREG(info.st_mode))
		return error_set(error, -EINVAL, 0, "%s is no regular file.", path);
	return read_all(fd, info.st_size, path, ret_text, error);
}

int conf_read_text(const char *path, char **ret_text, struct error *error)
{
	int code = read_text(path, ret_text, error);

	return code < 0 ? error_set_status(error, code == -ENOENT ? EXIT_BROKEN : EXIT_BAD_CONF)
			: 0;
}
