/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs_list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "boot/image_format.h"
#include "cage/worker.h"
#include "package/tarball_library.h"

enum { SECONDS = 120, PIECE = 64 << 10 };

/* The task of the worker. */
struct listing {
	int fd;
	const struct strv *wanted;
};

/* The state of reading one file. */
struct reading {
	int fd;
	off_t offset, end;
	off_t next; /* the offset of the next bytes for libarchive */
	struct cpio_names names;
};

/* The next piece. It ends with the part: a decompressor must not see the bytes after the part. */
static ssize_t read_piece(const struct reading *reading, char *piece, off_t offset)
{
	off_t left = reading->end - offset;

	if (left <= 0)
		return 0;
	return pread(reading->fd, piece, left < PIECE ? (size_t)left : PIECE, offset);
}

static void reader_free(struct archive *in)
{
	(void)libarchive()->archive_read_free(in);
}
DEFINE_CLEANUP(struct archive *, reader_free)

static bool has_found_all(const struct reading *reading)
{
	return reading->names.found == reading->names.wanted->count;
}

/* Reads plain archives until other bytes come, or the end (*ret_end). */
static int read_plain(struct reading *reading, bool *ret_end, struct error *error)
{
	static char piece[PIECE];

	*ret_end = false;
	while (!has_found_all(reading)) {
		size_t taken = 0;
		ssize_t got;

		if (reading->names.place == CPIO_DATA && reading->names.left > PIECE) {
			reading->offset += (off_t)reading->names.left;
			reading->names.left = 0;
			reading->names.place = CPIO_HEADER;
		}
		got = read_piece(reading, piece, reading->offset);
		if (got < 0)
			return error_errno(error, -errno, 0, "reading");
		if (got == 0)
			break;
		if (cpio_names_feed(&reading->names, piece, (size_t)got, &taken, error) < 0)
			return error->code;
		reading->offset += (off_t)taken;
		if (taken < (size_t)got)
			return 0;
	}
	*ret_end = true;
	return 0;
}

/* For libarchive: the compressed bytes. */
static la_ssize_t read_compressed_piece(struct archive *in, void *context, const void **ret_data)
{
	static char piece[PIECE];
	struct reading *reading = context;
	ssize_t got = read_piece(reading, piece, reading->next);

	(void)in;
	if (got > 0)
		reading->next += got;
	*ret_data = piece;
	return got;
}

static struct archive *open_compressed(void)
{
	const struct libarchive *library = libarchive();
	struct archive *in = library->archive_read_new();

	if (!in)
		return NULL;
	(void)library->archive_read_support_filter_gzip(in);
	(void)library->archive_read_support_filter_xz(in);
	(void)library->archive_read_support_filter_zstd(in);
	(void)library->archive_read_support_filter_lz4(in);
	(void)library->archive_read_support_filter_lzma(in);
	(void)library->archive_read_support_filter_bzip2(in);
	(void)library->archive_read_support_format_raw(in);
	return in;
}

static int unreadable(struct archive *in, struct error *error)
{
	const char *reason = in ? libarchive()->archive_error_string(in) : NULL;

	return error_set(error, -EINVAL, 0, "it cannot be decompressed (%s)",
			 reason ? reason : "unknown reason");
}

static int feed(struct reading *reading, const void *data, size_t length, struct error *error)
{
	size_t taken = 0;

	if (cpio_names_feed(&reading->names, data, length, &taken, error) < 0)
		return error->code;
	return taken == length
		       ? 0
		       : error_set(error, -EINVAL, 0, "its compressed part is no cpio archive");
}

/* Reads one compressed part, at the offset. 1: bytes that cannot be read follow a whole archive. */
static int read_compressed(struct reading *reading, struct error *error)
{
	const struct libarchive *library = libarchive();
	cleanup(reader_free_handler) struct archive *in = open_compressed();
	struct archive_entry *entry;
	const void *data;
	size_t length;
	la_int64_t at;
	int code;

	reading->next = reading->offset;
	if (!in ||
	    library->archive_read_open(in, reading, NULL, read_compressed_piece, NULL) !=
		    ARCHIVE_OK ||
	    library->archive_read_next_header(in, &entry) != ARCHIVE_OK)
		return unreadable(in, error);
	while ((code = library->archive_read_data_block(in, &data, &length, &at)) == ARCHIVE_OK)
		if (feed(reading, data, length, error) < 0 || has_found_all(reading))
			return error->code;
	if (code != ARCHIVE_EOF && !cpio_names_are_whole(&reading->names))
		return unreadable(in, error);
	reading->offset += (off_t)library->archive_filter_bytes(in, -1);
	return code == ARCHIVE_EOF ? 0 : 1;
}

static int read_all(struct reading *reading, struct error *error)
{
	bool end;

	for (;;) {
		off_t before;

		if (read_plain(reading, &end, error) < 0)
			return error->code;
		if (end || has_found_all(reading))
			break;
		before = reading->offset;
		int code = read_compressed(reading, error);

		if (code < 0)
			return code;
		if (code > 0 || has_found_all(reading) || reading->offset <= before)
			break;
	}
	if (!has_found_all(reading) && !cpio_names_are_whole(&reading->names))
		return error_set(error, -EINVAL, 0, "it ends too early");
	return 0;
}

/* The whole file, or the part of a unified kernel image that is the initramfs. */
static int find_part(struct reading *reading, struct error *error)
{
	static unsigned char head[PE_HEAD_SIZE];
	ssize_t length = pread(reading->fd, head, sizeof(head), 0);
	uint64_t offset, size;

	if (length < 0)
		return error_errno(error, -errno, 0, "reading");
	reading->end = INT64_MAX;
	if (length < 2 || memcmp(head, "MZ", 2) != 0)
		return 0;
	if (!pe_section_find(head, (size_t)length, ".initrd", &offset, &size))
		return error_set(error, -EINVAL, 0, "it is a program that holds no initramfs");
	reading->offset = (off_t)offset;
	reading->end = (off_t)(offset + size);
	return 0;
}

static int work(void *context, struct answer *answer, struct error *error)
{
	const struct listing *listing = context;
	struct strmap wanted = {0};
	struct reading reading = {.fd = listing->fd, .names = {.wanted = &wanted}};
	const char *name;

	if (find_part(&reading, error) < 0)
		return error->code;
	STRV_FOREACH (name, listing->wanted)
		(void)strmap_set(&wanted, name, NULL);
	if (read_all(&reading, error) == 0)
		STRV_FOREACH (name, listing->wanted)
			answer_put_number(answer, strmap_get(&wanted, name) != NULL);
	strmap_free(&wanted, NULL);
	return error->code;
}

static int take_answer(const struct worker *worker, struct answer *answer,
		       const struct strv *wanted, struct strv *found, struct error *error)
{
	const char *name;
	uint64_t is_there;

	STRV_FOREACH (name, wanted) {
		if (answer_number(answer, &is_there) < 0)
			return worker_nonsense(worker, error);
		if (is_there)
			strv_add(found, name);
	}
	return answer_end(answer) < 0 ? worker_nonsense(worker, error) : 0;
}

int initramfs_list(const char *path, const struct strv *wanted, struct strv *found,
		   struct error *error)
{
	cleanup(free_string) char *purpose = text_format("reading %s", path);
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct listing listing = {fd, wanted};
	const struct worker worker = {
		.purpose = purpose,
		.work = work,
		.context = &listing,
		.fds = &fd,
		.fd_count = 1,
		.seconds = SECONDS,
	};
	cleanup(answer_free) struct answer answer = {0};
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return error_errno(error, -errno, 0, "Cannot open %s", path);
	if (!S_ISREG(info.st_mode))
		return error_set(error, -EINVAL, 0, "%s is not a file.", path);
	if (libarchive_load(error) < 0)
		return error->code;
	if (worker_run(&worker, &answer, error) < 0)
		return error_wrap(error, "Cannot read %s", path);
	return take_answer(&worker, &answer, wanted, found, error);
}
