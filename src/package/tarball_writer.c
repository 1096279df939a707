/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "package/tarball_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/temporary.h"
#include "base/text.h"
#include "package/tarball_library.h"

struct tarball_writer {
	struct archive *archive;
	int fd;
	char *path, *temporary; /* temporary: NULL once it has its name */
	struct reporter *reporter;
};

/* One directory that is being added with all below it. */
struct walk {
	struct tarball_writer *writer;
	const char *root; /* its name in the tarball */
	const struct tarball_rules *rules;
};

static void entry_free(struct archive_entry *entry)
{
	libarchive()->archive_entry_free(entry);
}
DEFINE_CLEANUP(struct archive_entry *, entry_free)

/* By the names that libarchive gives them. */
static const struct {
	const char *suffix, *filter;
} compressions[] = {
	{".gz", "gzip"},   {".tgz", "gzip"},   {".taz", "gzip"},   {".bz2", "bzip2"},
	{".tbz", "bzip2"}, {".tbz2", "bzip2"}, {".tz2", "bzip2"},  {".xz", "xz"},
	{".txz", "xz"},    {".zst", "zstd"},   {".tzst", "zstd"},  {".lzma", "lzma"},
	{".tlz", "lzma"},  {".lz", "lzip"},    {".Z", "compress"},
};

static int failed(const struct tarball_writer *writer, struct error *error)
{
	const char *reason = libarchive()->archive_error_string(writer->archive);
	int code = libarchive()->archive_errno(writer->archive);

	return error_errno(error, code > 0 ? -code : -EIO, EXIT_INSTALL, "Cannot write %s (%s)",
			   writer->path, reason ? reason : "unknown reason");
}

/* Warns of a name such as "foo.zip", which promises a format that it does not get. */
static void report_suffix(const struct tarball_writer *writer)
{
	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++)
		if (text_ends_with(writer->path, compressions[i].suffix))
			return;
	if (!text_ends_with(writer->path, ".tar"))
		report(writer->reporter, REPORT_WARNING,
		       "%s becomes a tar file without compression, because its suffix names none "
		       "that dkms knows (.tar.gz, .tar.xz, .tar.zst …).",
		       writer->path);
}

static int set_format(struct tarball_writer *writer, struct error *error)
{
	struct archive *archive = writer->archive;

	if (libarchive()->archive_write_set_format_gnutar(archive) != ARCHIVE_OK)
		return failed(writer, error);
	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++)
		if (text_ends_with(writer->path, compressions[i].suffix) &&
		    libarchive()->archive_write_add_filter_by_name(
			    archive, compressions[i].filter) < ARCHIVE_WARN)
			return failed(writer, error);
	/* Only gzip has this option. */
	(void)libarchive()->archive_write_set_filter_option(archive, "gzip", "timestamp", NULL);
	return libarchive()->archive_write_open_fd(archive, writer->fd) != ARCHIVE_OK
		       ? failed(writer, error)
		       : 0;
}

int tarball_writer_open(const char *path, struct reporter *reporter,
			struct tarball_writer **ret_writer, struct error *error)
{
	if (libarchive_load(error) < 0)
		return error->code;
	cleanup(tarball_writer_free_handler) struct tarball_writer *writer = NEW(
		struct tarball_writer);
	cleanup(free_string) char *parent = path_parent(path);
	cleanup(free_string) char *temporary = temporary_path(parent, "tarball");

	writer->archive = libarchive()->archive_write_new();
	if (!writer->archive)
		abort(); /* no memory */
	writer->path = xstrdup(path);
	writer->reporter = reporter;
	writer->fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (writer->fd < 0)
		return error_errno(error, -errno, EXIT_NO_CONF, "Cannot write to the directory %s",
				   parent);
	writer->temporary = TAKE(temporary);
	report_suffix(writer);
	if (set_format(writer, error) < 0)
		return error->code;
	*ret_writer = TAKE(writer);
	return 0;
}

static struct archive_entry *new_entry(const char *name, unsigned type, unsigned mode, time_t time)
{
	struct archive_entry *entry = libarchive()->archive_entry_new();

	if (!entry)
		abort();
	libarchive()->archive_entry_copy_pathname(entry, name);
	libarchive()->archive_entry_set_filetype(entry, type);
	libarchive()->archive_entry_set_perm(entry, mode & 0777);
	libarchive()->archive_entry_set_mtime(entry, time, 0);
	libarchive()->archive_entry_set_size(entry, 0);
	return entry;
}

/* GNU tar's format knows names as bytes: a warning about text is about nothing. */
static int write_header(struct tarball_writer *writer, struct archive_entry *entry,
			struct error *error)
{
	if (interrupt_pending())
		return interrupt_error(error);
	return libarchive()->archive_write_header(writer->archive, entry) < ARCHIVE_WARN
		       ? failed(writer, error)
		       : 0;
}

static int write_data(struct tarball_writer *writer, const void *data, size_t length,
		      struct error *error)
{
	if (interrupt_pending())
		return interrupt_error(error);
	return libarchive()->archive_write_data(writer->archive, data, length) != (la_ssize_t)length
		       ? failed(writer, error)
		       : 0;
}

int tarball_writer_add_directory(struct tarball_writer *writer, const char *name, time_t time,
				 struct error *error)
{
	cleanup(entry_free_handler) struct archive_entry *entry = new_entry(name, AE_IFDIR, 0755,
									    time);

	return write_header(writer, entry, error);
}

int tarball_writer_add_text(struct tarball_writer *writer, const char *name, const char *text,
			    time_t time, struct error *error)
{
	cleanup(entry_free_handler) struct archive_entry *entry = new_entry(name, AE_IFREG, 0644,
									    time);

	libarchive()->archive_entry_set_size(entry, (la_int64_t)strlen(text));
	if (write_header(writer, entry, error) < 0)
		return error->code;
	return write_data(writer, text, strlen(text), error);
}

/* Just as many bytes as the header says: a file that shrinks meanwhile is an error. */
static int copy_bytes(struct tarball_writer *writer, int fd, const char *path, long long size,
		      struct error *error)
{
	char chunk[65536];

	while (size > 0) {
		size_t wanted = size < (long long)sizeof(chunk) ? (size_t)size : sizeof(chunk);
		ssize_t got = read(fd, chunk, wanted);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(error, -errno, EXIT_INSTALL, "Cannot read %s", path);
		if (got == 0)
			return error_set(error, -EIO, EXIT_INSTALL,
					 "%s became shorter while it was read.", path);
		if (write_data(writer, chunk, (size_t)got, error) < 0)
			return error->code;
		size -= got;
	}
	return 0;
}

int tarball_writer_add_file(struct tarball_writer *writer, const char *name, int fd,
			    const char *path, struct error *error)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot read %s", path);
	if (!S_ISREG(info.st_mode))
		return error_set(error, -EINVAL, EXIT_INSTALL, "%s is no regular file.", path);
	if (file_is_closed_hard_link(&info))
		return error_set(error, -EACCES, EXIT_INSTALL,
				 "%s is a hard link to a file that is closed to other users.\n"
				 "Put a copy of the file in its place.",
				 path);
	cleanup(entry_free_handler) struct archive_entry *entry = new_entry(
		name, AE_IFREG, info.st_mode, info.st_mtim.tv_sec);

	libarchive()->archive_entry_set_size(entry, info.st_size);
	if (write_header(writer, entry, error) < 0)
		return error->code;
	return copy_bytes(writer, fd, path, info.st_size, error);
}

/*
 * An entry of an opened directory, by its name there, and as messages and the tarball call it.
 * A directory that somebody swaps meanwhile is not entered.
 */
struct item {
	int parent;
	const char *name, *path, *packed;
};

static int cannot_read(const char *path, struct error *error)
{
	return error_errno(error, -errno, EXIT_INSTALL, "Cannot read %s", path);
}

/* Examines an opened entry, by its name below the directory that is packed. */
static int examine(const struct walk *walk, const char *packed, int fd, struct error *error)
{
	const struct tarball_rules *rules = walk->rules;
	const char *below = packed + strlen(walk->root);

	if (!rules->examine)
		return 0;
	return rules->examine(rules->context, *below ? below + 1 : below, fd, error);
}

static int add_file(const struct walk *walk, const struct item *item, struct error *error)
{
	cleanup(close_fd) int fd = openat(item->parent, item->name,
					  O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return cannot_read(item->path, error);
	if (examine(walk, item->packed, fd, error) < 0)
		return error->code;
	return tarball_writer_add_file(walk->writer, item->packed, fd, item->path, error);
}

static int add_link(const struct walk *walk, const struct item *item, time_t time,
		    struct error *error)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(item->parent, item->name, target, sizeof(target) - 1);

	if (length < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot read the link %s",
				   item->path);
	target[length] = '\0';
	if (!link_stays_inside(item->packed + strlen(walk->root) + 1, target))
		report(walk->writer->reporter, REPORT_WARNING,
		       "%s is a link to %s, outside of what is packed. Such a tarball is not "
		       "loaded by dkms: replace the link by what it points to.",
		       item->path, target);
	cleanup(entry_free_handler) struct archive_entry *entry = new_entry(item->packed, AE_IFLNK,
									    0777, time);

	libarchive()->archive_entry_copy_symlink(entry, target);
	return write_header(walk->writer, entry, error);
}

static int list_all(DIR *directory, const char *path, struct strv *names, struct error *error)
{
	const struct dirent *entry;

	for (errno = 0; (entry = readdir(directory)); errno = 0)
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, "..") &&
		    !temporary_is_any(entry->d_name))
			strv_add(names, entry->d_name);
	if (errno)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot read the directory %s",
				   path);
	strv_sort(names);
	return 0;
}

static int add_entry(const struct walk *walk, const struct item *item, struct error *error);

static int add_content(const struct walk *walk, DIR *directory, const char *packed,
		       const char *path, struct error *error)
{
	bool top = text_equal(packed, walk->root);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (list_all(directory, path, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *item_packed = path_join(packed, name, NULL);
		cleanup(free_string) char *item_path = path_join(path, name, NULL);
		const struct item item = {dirfd(directory), name, item_path, item_packed};

		if (top && walk->rules->leave_out && walk->rules->leave_out(name))
			continue;
		if (add_entry(walk, &item, error) < 0)
			return error->code;
	}
	return 0;
}

/* Takes the descriptor. */
static int add_directory(const struct walk *walk, int owned_fd, const char *packed,
			 const char *path, struct error *error)
{
	cleanup(close_fd) int fd = owned_fd;
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot read the directory %s",
				   path);
	if (examine(walk, packed, fd, error) < 0)
		return error->code;
	cleanup(closedir_handler) DIR *directory = fdopendir(fd);

	if (!directory)
		return cannot_read(path, error);
	(void)TAKE_FD(fd);
	cleanup(entry_free_handler) struct archive_entry *entry = new_entry(
		packed, AE_IFDIR, info.st_mode, info.st_mtim.tv_sec);

	if (write_header(walk->writer, entry, error) < 0)
		return error->code;
	return add_content(walk, directory, packed, path, error);
}

static int add_entry(const struct walk *walk, const struct item *item, struct error *error)
{
	struct stat info;

	if (fstatat(item->parent, item->name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return cannot_read(item->path, error);
	if (S_ISDIR(info.st_mode))
		return add_directory(walk,
				     openat(item->parent, item->name,
					    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
				     item->packed, item->path, error);
	if (S_ISLNK(info.st_mode))
		return add_link(walk, item, info.st_mtim.tv_sec, error);
	if (S_ISREG(info.st_mode))
		return add_file(walk, item, error);
	report(walk->writer->reporter, REPORT_WARNING,
	       "%s is neither a file nor a directory nor a link and is left out.", item->path);
	return 0;
}

int tarball_writer_add_tree(struct tarball_writer *writer, const char *name, const char *path,
			    const struct tarball_rules *rules, struct error *error)
{
	const struct walk walk = {writer, name, rules};

	/* The directory itself may be given by a link: M/V/source is one. */
	return add_directory(&walk, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), name, path,
			     error);
}

int tarball_writer_finish(struct tarball_writer *writer, struct error *error)
{
	if (libarchive()->archive_write_close(writer->archive) != ARCHIVE_OK)
		return failed(writer, error);
	if (fsync(writer->fd) < 0 || close(TAKE_FD(writer->fd)) < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot write %s", writer->path);
	if (file_rename(writer->temporary, writer->path, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	free(TAKE(writer->temporary));
	return file_sync_parent(writer->path, error);
}

void tarball_writer_free(struct tarball_writer *writer)
{
	if (writer->temporary)
		(void)unlink(writer->temporary);
	if (writer->archive)
		(void)libarchive()->archive_write_free(writer->archive);
	close_fd(&writer->fd);
	free(writer->temporary);
	free(writer->path);
	free(writer);
}
