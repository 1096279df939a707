/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a registry: v2/REPOSITORY/manifests/TAG, …/blobs/sha256:DIGEST, …/tags/list. Others
 * may write to the directory. Every step goes relative to an opened directory and follows no link.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/walk.h"
#include "base/file.h"
#include "base/path.h"
#include "base/temporary.h"
#include "remote/store.h"

enum { CHUNK = 64 << 10 };

static const struct directory_store *directory_of(const struct store *store)
{
	return (const struct directory_store *)store;
}

static int cannot(const struct store *store, int code, const char *what, struct error *error)
{
	const char *place = store->place->text;

	if (code == -ENOENT)
		return error_set(error, code, EXIT_NOT_PUBLISHED, "%s has no %s.", place, what);
	if (code == -ELOOP || code == -ENOTDIR)
		return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED,
				 "%s: %s is a link, or no regular file. Links are not followed.",
				 place, what);
	(void)error_errno(error, code, EXIT_UNREACHABLE, "%s: Cannot use %s", place, what);
	return code == -EACCES ? error_hint(error, "Files for others must be readable to all: "
						   "chmod -R a+rX.")
			       : code;
}

/* One step down; with make, missing directories are made. */
static int step(int parent, const char *name, bool make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);

	if (fd < 0 && errno == ENOENT && make) {
		if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
			return -errno;
		fd = openat(parent, name, flags);
		if (fd >= 0 && fchmod(fd, 0755) < 0) {
			int code = -errno;

			(void)close(fd);
			return code;
		}
	}
	return fd < 0 ? -errno : fd;
}

/* v2/REPOSITORY/KIND below the base: a descriptor or a negative errno. */
static int descend(const struct store *store, const char *repository, const char *kind, bool make)
{
	cleanup(strv_free) struct strv names = {0};
	cleanup(close_fd) int fd = -1;
	int parent = directory_of(store)->base;
	const char *name;

	strv_add(&names, "v2");
	strv_split(&names, repository, "/");
	if (kind)
		strv_add(&names, kind);
	STRV_FOREACH (name, &names) {
		int next = step(parent, name, make);

		if (next < 0)
			return next;
		close_fd(&fd);
		parent = fd = next;
	}
	return TAKE_FD(fd);
}

/* A regular file, opened to be read. */
static int open_file(const struct store *store, const char *repository, const char *kind,
		     const char *name)
{
	cleanup(close_fd) int directory = descend(store, repository, kind, false);
	struct stat info;

	if (directory < 0)
		return directory;
	cleanup(close_fd) int fd = openat(directory, name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) < 0)
		return -errno;
	return S_ISREG(info.st_mode) ? TAKE_FD(fd) : -ENOTDIR;
}

static int read_small(const struct store *store, const char *repository, const char *kind,
		      const char *name, size_t limit, struct buffer *ret_text, struct error *error)
{
	cleanup(close_fd) int fd = open_file(store, repository, kind, name);
	cleanup(free_string) char *what = text_format("%s of %s", name, repository);
	cleanup(free_string) char *data = NULL;
	size_t length = 0;

	if (fd < 0)
		return cannot(store, fd, what, error);
	if (file_read_opened(fd, what, limit, &data, &length, error) < 0) {
		if (error->code == -EFBIG)
			(void)error_set_status(error, EXIT_NOT_TRUSTED);
		error->code = error->code == -EFBIG ? -EBADMSG : error->code;
		return error_wrap(error, "%s", store->place->text);
	}
	buffer_add(ret_text, data, length);
	return 0;
}

static int get_manifest(struct store *store, const char *repository, const char *reference,
			struct buffer *ret_text, struct error *error)
{
	return read_small(store, repository, "manifests", reference, OCI_MANIFEST_MAX, ret_text,
			  error);
}

static int pour(int fd, uint64_t size, const struct sink *sink, struct error *error)
{
	char chunk[CHUNK];
	ssize_t got;

	/* One byte more shows that the file is longer. */
	for (uint64_t come = 0; come <= size; come += (uint64_t)got) {
		got = read(fd, chunk, sizeof(chunk));
		if (got < 0)
			return error_errno(error, -errno, EXIT_UNREACHABLE, "Cannot read a blob");
		if (got == 0)
			return 0;
		if (sink->take(sink->context, chunk, (size_t)got, error) < 0)
			return error->code;
	}
	return 0;
}

static int get_blob(struct store *store, const char *repository, const char *digest, uint64_t size,
		    const struct sink *sink, struct error *error)
{
	cleanup(free_string) char *name = text_format("sha256:%s", digest);
	cleanup(close_fd) int fd = open_file(store, repository, "blobs", name);

	if (fd < 0)
		return cannot(store, fd, name, error);
	return pour(fd, size, sink, error);
}

/* Names of manifests are tags or digests. */
static int list_tags(int manifests, struct strv *tags)
{
	const struct dirent64 *entry;
	struct entries entries;
	int code = entries_open(&entries, manifests, ".");

	if (code < 0)
		return code;
	while ((entry = entries_next(&entries)))
		if (place_is_reference(entry->d_name) && !strchr(entry->d_name, ':'))
			strv_add(tags, entry->d_name);
	strv_sort(tags);
	return entries_close(&entries);
}

static int get_tags(struct store *store, const char *repository, struct strv *tags,
		    struct error *error)
{
	cleanup(close_fd) int fd = descend(store, repository, "manifests", false);
	int code = fd < 0 ? fd : list_tags(fd, tags);

	return code < 0 && code != -ENOENT ? cannot(store, code, repository, error) : 0;
}

/* Makes name whole: written beside, synced, renamed. */
static int finish_file(int directory, int fd, const char *beside, const char *name)
{
	int code = 0;

	if (fchmod(fd, 0644) < 0 || fsync(fd) < 0 ||
	    renameat(directory, beside, directory, name) < 0)
		code = -errno;
	if (!code && fsync(directory) < 0)
		code = -errno;
	return code;
}

static int copy_all(int from, int to, struct traffic *traffic)
{
	char chunk[CHUNK];
	uint64_t done = 0;
	ssize_t got;
	int code = 0;

	while (!code && (got = read(from, chunk, sizeof(chunk))) != 0) {
		code = got < 0 ? -errno : file_write_all(to, chunk, (size_t)got);
		if (!code)
			traffic_now(traffic, done += (uint64_t)got);
	}
	return code;
}

/* The content of a new file: the bytes of a descriptor, or a text. */
struct content {
	const char *text; /* NULL: of the descriptor */
	size_t length;
	int fd;
	struct traffic *traffic; /* counts those of the descriptor */
};

static int write_file(int directory, const char *name, const struct content *content)
{
	cleanup(free_string) char *path = temporary_path("", "push");
	const char *beside = path_basename(path);
	int fd = openat(directory, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0644);

	if (fd < 0)
		return -errno;
	int code = content->text ? file_write_all(fd, content->text, content->length)
				 : copy_all(content->fd, fd, content->traffic);

	if (!code)
		code = finish_file(directory, fd, beside, name);
	if (close(fd) < 0 && !code)
		code = -errno;
	if (code)
		(void)unlinkat(directory, beside, 0);
	return code;
}

static int cannot_write(const struct store *store, int code, const char *name, struct error *error)
{
	if (code == -ELOOP || code == -ENOTDIR)
		return cannot(store, code, name, error);
	return error_errno(error, code, EXIT_UNREACHABLE, "%s: Cannot write %s", store->place->text,
			   name);
}

static int put_blob(struct store *store, const char *repository, const char *digest, int fd,
		    uint64_t size, bool *ret_sent, struct error *error)
{
	cleanup(free_string) char *name = text_format("sha256:%s", digest);
	cleanup(close_fd) int directory = descend(store, repository, "blobs", true);
	struct stat info;

	if (directory < 0)
		return cannot_write(store, directory, repository, error);
	*ret_sent = false;
	if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
	    (uint64_t)info.st_size == size)
		return 0;
	const struct content content = {.fd = fd, .traffic = store->traffic};
	int code = write_file(directory, name, &content);

	if (code < 0)
		return cannot_write(store, code, name, error);
	*ret_sent = true;
	return 0;
}

static void drop_blob(struct store *store, const char *repository, const char *digest)
{
	cleanup(free_string) char *name = text_format("sha256:%s", digest);
	cleanup(close_fd) int directory = descend(store, repository, "blobs", false);

	if (directory >= 0)
		(void)unlinkat(directory, name, 0);
}

/* The file that a web server gives out as the list. */
static int write_tags(struct store *store, const char *repository, struct error *error)
{
	cleanup(close_fd) int directory = descend(store, repository, "tags", true);
	cleanup(strv_free) struct strv tags = {0};

	if (directory < 0)
		return cannot_write(store, directory, repository, error);
	if (get_tags(store, repository, &tags, error) < 0)
		return error->code;
	cleanup(free_string) char *text = oci_tags_print(repository, &tags);
	const struct content content = {.text = text, .length = strlen(text)};
	int code = write_file(directory, "list", &content);

	return code < 0 ? cannot_write(store, code, "tags/list", error) : 0;
}

/* Clients first ask whether this is a registry. A web server needs any file to say yes. */
static int write_greeting(struct store *store, struct error *error)
{
	static const struct content greeting = {.text = "{}\n", .length = 3};
	cleanup(close_fd) int directory = step(directory_of(store)->base, "v2", true);
	struct stat info;

	if (directory >= 0 && fstatat(directory, "index.html", &info, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	int code = directory < 0 ? directory : write_file(directory, "index.html", &greeting);

	return code < 0 ? cannot_write(store, code, "v2/index.html", error) : 0;
}

/* Also under its digest, by which mirrors ask. */
static int put_manifest(struct store *store, const char *repository, const char *reference,
			const char *text, size_t length, struct error *error)
{
	cleanup(close_fd) int directory = descend(store, repository, "manifests", true);
	cleanup(free_string) char *digest = digest_of(text, length);
	cleanup(free_string) char *name = text_format("sha256:%s", digest);

	if (directory < 0)
		return cannot_write(store, directory, repository, error);
	const struct content content = {.text = text, .length = length};
	int code = write_file(directory, name, &content);

	if (!code && !text_equal(name, reference))
		code = write_file(directory, reference, &content);
	if (code < 0)
		return cannot_write(store, code, reference, error);
	return write_greeting(store, error) < 0 ? error->code
						: write_tags(store, repository, error);
}

static int remove_manifest(struct store *store, const char *repository, const char *digest,
			   const struct strv *tags, struct error *error)
{
	cleanup(close_fd) int directory = descend(store, repository, "manifests", false);
	const char *tag;

	if (directory < 0)
		return cannot(store, directory, repository, error);
	STRV_FOREACH (tag, tags)
		if (unlinkat(directory, tag, 0) < 0 && errno != ENOENT)
			return cannot_write(store, -errno, tag, error);
	if (unlinkat(directory, digest, 0) < 0 && errno != ENOENT)
		return cannot_write(store, -errno, digest, error);
	return write_tags(store, repository, error);
}

static int ping(struct store *store, struct error *error)
{
	cleanup(close_fd) int fd = openat(directory_of(store)->base, ".",
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? cannot(store, -errno, "directory that can be read", error) : 0;
}

static const struct store_calls calls = {
	.manifest = get_manifest,
	.blob = get_blob,
	.tags = get_tags,
	.put_blob = put_blob,
	.drop_blob = drop_blob,
	.put_manifest = put_manifest,
	.remove = remove_manifest,
	.ping = ping,
};

void directory_store_open(struct directory_store *directory, const struct place *place, int base)
{
	*directory = (struct directory_store){.store = {.calls = &calls, .place = place},
					      .base = base};
}
