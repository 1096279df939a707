/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "package/tarball_unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "package/tarball_library.h"

#define READ_SIZE ((size_t)64 * 1024)

const struct tarball_limits tarball_default_limits = {
	.entries = 200000,
	.bytes = 4LL << 30,
};

struct unpacking {
	const char *file, *shown_directory; /* for messages */
	const char *directory;
	const struct tarball_limits *limits;
	struct strmap *entries;
	struct archive *in, *out;
	long long bytes;
};

static void reader_free(struct archive *in)
{
	(void)libarchive()->archive_read_free(in);
}
DEFINE_CLEANUP(struct archive *, reader_free)

static void writer_free(struct archive *out)
{
	(void)libarchive()->archive_write_free(out);
}
DEFINE_CLEANUP(struct archive *, writer_free)

void tarball_entry_free(void *entry)
{
	free(((struct tarball_entry *)entry)->target);
	free(entry);
}

static void entries_free(struct strmap *entries)
{
	strmap_free(entries, tarball_entry_free);
}

/* name as far as it can be printed */
static int refuse(const struct unpacking *unpacking, const char *name, const char *why,
		  struct error *error)
{
	cleanup(free_string) char *shown = xstrdup(name);

	for (char *c = shown; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
			 "%s is refused: \"%s\" in it %s.\n"
			 "Nothing was loaded. Get the file from where you trust, or unpack it by "
			 "hand and look.",
			 unpacking->file, shown, why);
}

static int read_failed(const struct unpacking *unpacking, struct error *error)
{
	const char *reason = libarchive()->archive_error_string(unpacking->in);

	return error_set(error, -EINVAL, EXIT_NO_PRODUCT,
			 "%s is not a valid DKMS tarball: it cannot be read as a tar file (%s).\n"
			 "It may be damaged or not completely downloaded.",
			 unpacking->file, reason ? reason : "unknown reason");
}

static int write_failed(const struct unpacking *unpacking, struct error *error)
{
	const char *reason = libarchive()->archive_error_string(unpacking->out);
	int code = libarchive()->archive_errno(unpacking->out);

	return error_errno(error, code > 0 ? -code : -EIO, EXIT_INSTALL,
			   "Cannot unpack %s in %s (%s)", unpacking->file,
			   unpacking->shown_directory, reason ? reason : "unknown reason");
}

/* A relative name without ".", owned by the caller; the directory itself is ".". */
static int clean_name(const struct unpacking *unpacking, const char *raw, char **ret_name,
		      struct error *error)
{
	cleanup(strv_free) struct strv parts = {0};

	if (text_empty(raw))
		return refuse(unpacking, "", "has no name", error);
	if (*raw == '/')
		return refuse(unpacking, raw, "has an absolute name", error);
	if (strlen(unpacking->shown_directory) + 1 + strlen(raw) >= PATH_MAX)
		return refuse(unpacking, path_basename(raw), "has too long a path", error);
	for (const char *c = raw; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return refuse(unpacking, raw, "has control characters in its name", error);
	strv_split(&parts, raw, "/");
	if (parts.count > TARBALL_MOST_LEVELS)
		return refuse(unpacking, path_basename(raw), "lies too deep", error);
	if (strv_contains(&parts, ".."))
		return refuse(unpacking, raw, "has \"..\" in its name", error);
	*ret_name = path_normalize(raw);
	return 0;
}

static int add_entry(struct unpacking *unpacking, const char *name, enum tarball_entry_kind kind,
		     const char *target, struct error *error)
{
	struct tarball_entry *entry = NEW(struct tarball_entry);

	entry->kind = kind;
	text_assign(&entry->target, target);
	(void)strmap_set(unpacking->entries, name, entry);
	if (unpacking->entries->count <= unpacking->limits->entries)
		return 0;
	return error_set(error, -EFBIG, EXIT_NO_PRODUCT,
			 "%s is refused: it holds more than %zu files and directories, which is "
			 "the limit.",
			 unpacking->file, unpacking->limits->entries);
}

/* Every directory above name is one, made here if the file does not spell it out. */
static int require_parents(struct unpacking *unpacking, const char *name, struct error *error)
{
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		cleanup(free_string) char *parent = xstrndup(name, (size_t)(slash - name));
		const struct tarball_entry *entry = strmap_get(unpacking->entries, parent);

		if (entry && entry->kind != TARBALL_DIRECTORY)
			return refuse(unpacking, name, "lies below something that is no directory",
				      error);
		if (entry)
			continue;
		cleanup(free_string) char *path = path_join(unpacking->directory, parent, NULL);

		if (add_entry(unpacking, parent, TARBALL_DIRECTORY, NULL, error) < 0)
			return error->code;
		if (mkdir(path, 0755) < 0 || chmod(path, 0755) < 0)
			return error_errno(error, -errno, EXIT_INSTALL, "Cannot unpack %s in %s",
					   unpacking->file, unpacking->shown_directory);
	}
	return 0;
}

static int count_bytes(struct unpacking *unpacking, long long size, struct error *error)
{
	if (size >= 0 && size <= unpacking->limits->bytes - unpacking->bytes) {
		unpacking->bytes += size;
		return 0;
	}
	return error_set(error, -EFBIG, EXIT_NO_PRODUCT,
			 "%s is refused: unpacked it would take more than %lld bytes, which is the "
			 "limit.",
			 unpacking->file, unpacking->limits->bytes);
}

static int copy_data(struct unpacking *unpacking, struct error *error)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	int result;

	while ((result = libarchive()->archive_read_data_block(unpacking->in, &block, &size,
							       &offset)) == ARCHIVE_OK)
		if (libarchive()->archive_write_data_block(unpacking->out, block, size, offset) <
		    ARCHIVE_OK)
			return write_failed(unpacking, error);
	return result == ARCHIVE_EOF ? 0 : read_failed(unpacking, error);
}

/* Nothing of the machine the file comes from but content, times and the plain mode bits. */
static void sanitize(struct archive_entry *entry, enum tarball_entry_kind kind, const char *path)
{
	__LA_MODE_T mode = libarchive()->archive_entry_perm(entry) & 0755;

	libarchive()->archive_entry_set_perm(entry,
					     mode | (kind == TARBALL_DIRECTORY ? 0700 : 0600));
	libarchive()->archive_entry_copy_pathname(entry, path);
	libarchive()->archive_entry_unset_atime(entry);
	libarchive()->archive_entry_unset_birthtime(entry);
	libarchive()->archive_entry_unset_ctime(entry);
}

static int write_entry(struct unpacking *unpacking, struct archive_entry *entry, const char *name,
		       enum tarball_entry_kind kind, struct error *error)
{
	cleanup(free_string) char *path = path_join(unpacking->directory, name, NULL);
	long long size = kind == TARBALL_FILE ? libarchive()->archive_entry_size(entry) : 0;

	if (count_bytes(unpacking, size, error) < 0)
		return error->code;
	sanitize(entry, kind, path);
	if (libarchive()->archive_write_header(unpacking->out, entry) < ARCHIVE_OK)
		return write_failed(unpacking, error);
	if (size > 0 && copy_data(unpacking, error) < 0)
		return error->code;
	return libarchive()->archive_write_finish_entry(unpacking->out) < ARCHIVE_OK
		       ? write_failed(unpacking, error)
		       : 0;
}

/* A hard link becomes a file of its own: what is published must not share its data. */
static int copy_hard_link(struct unpacking *unpacking, const char *name, const char *raw_target,
			  struct error *error)
{
	cleanup(free_string) char *target = NULL;

	if (clean_name(unpacking, raw_target, &target, error) < 0)
		return error->code;
	const struct tarball_entry *original = strmap_get(unpacking->entries, target);
	cleanup(free_string) char *from = path_join(unpacking->directory, target, NULL);
	cleanup(free_string) char *to = path_join(unpacking->directory, name, NULL);
	struct stat info;

	if (!original || original->kind != TARBALL_FILE || text_equal(name, target))
		return refuse(unpacking, name, "is a hard link to no file that comes before it",
			      error);
	if (stat(from, &info) < 0)
		return error_errno(error, -errno, EXIT_INSTALL, "Cannot read %s", from);
	if (count_bytes(unpacking, info.st_size, error) < 0)
		return error->code;
	if (file_copy(from, to, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	return 0;
}

/* False for what no module needs. */
static bool entry_kind(struct archive_entry *entry, enum tarball_entry_kind *ret_kind)
{
	switch (libarchive()->archive_entry_filetype(entry)) {
	case AE_IFDIR:
		*ret_kind = TARBALL_DIRECTORY;
		return !libarchive()->archive_entry_hardlink(entry);
	case AE_IFLNK:
		*ret_kind = TARBALL_LINK;
		return !libarchive()->archive_entry_hardlink(entry);
	case AE_IFREG:
		*ret_kind = TARBALL_FILE;
		return true;
	default:
		*ret_kind = TARBALL_FILE;
		return libarchive()->archive_entry_hardlink(entry) != NULL;
	}
}

/* A name is new, or a directory again: tar files say "./" and "a/" more than once. */
static int require_new(const struct unpacking *unpacking, const char *name,
		       enum tarball_entry_kind kind, struct error *error)
{
	const struct tarball_entry *known = strmap_get(unpacking->entries, name);

	if (!known || (kind == TARBALL_DIRECTORY && known->kind == TARBALL_DIRECTORY))
		return 0;
	return refuse(unpacking, name, "is there twice", error);
}

static int unpack_named(struct unpacking *unpacking, struct archive_entry *entry, const char *name,
			struct error *error)
{
	const char *hard_link = libarchive()->archive_entry_hardlink(entry);
	const char *target = libarchive()->archive_entry_symlink(entry);
	enum tarball_entry_kind kind;

	if (!entry_kind(entry, &kind))
		return refuse(unpacking, name, "is neither a file nor a directory nor a link",
			      error);
	if (require_new(unpacking, name, kind, error) < 0 ||
	    require_parents(unpacking, name, error) < 0)
		return error->code;
	if (kind == TARBALL_LINK && (!target || !link_stays_inside(name, target)))
		return refuse(unpacking, name, "is a link that leads out of the file's content",
			      error);
	if (!strmap_get(unpacking->entries, name) &&
	    add_entry(unpacking, name, kind, kind == TARBALL_LINK ? target : NULL, error) < 0)
		return error->code;
	if (hard_link)
		return copy_hard_link(unpacking, name, hard_link, error);
	return write_entry(unpacking, entry, name, kind, error);
}

static int unpack_entry(struct unpacking *unpacking, struct archive_entry *entry,
			struct error *error)
{
	cleanup(free_string) char *name = NULL;

	if (clean_name(unpacking, libarchive()->archive_entry_pathname(entry), &name, error) < 0)
		return error->code;
	if (!text_equal(name, "."))
		return unpack_named(unpacking, entry, name, error);
	if (libarchive()->archive_entry_filetype(entry) != AE_IFDIR)
		return refuse(unpacking, name, "is no directory", error);
	return 0; /* is there, and its mode is not the file's business */
}

static int unpack_all(struct unpacking *unpacking, struct error *error)
{
	struct archive_entry *entry;
	int result;

	/* A warning is about a name that is no text in this locale: it is taken as it is. */
	while ((result = libarchive()->archive_read_next_header(unpacking->in, &entry)) ==
		       ARCHIVE_OK ||
	       result == ARCHIVE_WARN)
		if (unpack_entry(unpacking, entry, error) < 0)
			return error->code;
	if (result != ARCHIVE_EOF)
		return read_failed(unpacking, error);
	return libarchive()->archive_write_close(unpacking->out) < ARCHIVE_OK
		       ? write_failed(unpacking, error)
		       : 0;
}

/* Those that need no other program. */
static struct archive *new_reader(void)
{
	struct archive *in = libarchive()->archive_read_new();

	if (!in)
		abort(); /* no memory */
	(void)libarchive()->archive_read_support_format_tar(in);
	(void)libarchive()->archive_read_support_filter_bzip2(in);
	(void)libarchive()->archive_read_support_filter_compress(in);
	(void)libarchive()->archive_read_support_filter_gzip(in);
	(void)libarchive()->archive_read_support_filter_lzip(in);
	(void)libarchive()->archive_read_support_filter_lzma(in);
	(void)libarchive()->archive_read_support_filter_xz(in);
	(void)libarchive()->archive_read_support_filter_zstd(in);
	return in;
}

/*
 * The second line of defence: names were checked, are put below the directory's real path (which
 * rules out ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS), and libarchive checks again on disk.
 */
static struct archive *new_writer(void)
{
	struct archive *out = libarchive()->archive_write_disk_new();

	if (!out)
		abort();
	(void)libarchive()->archive_write_disk_set_options(
		out, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_SPARSE |
			     ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT);
	return out;
}

int tarball_unpack_here(int fd, const char *file, const char *shown_directory,
			const struct tarball_limits *limits, struct error *error)
{
	cleanup(entries_free) struct strmap entries = {0};
	cleanup(reader_free_handler) struct archive *in = new_reader();
	cleanup(writer_free_handler) struct archive *out = new_writer();
	struct unpacking unpacking = {file, shown_directory, ".", limits, &entries, in, out, 0};

	if (libarchive()->archive_read_open_fd(in, fd, READ_SIZE) != ARCHIVE_OK)
		return read_failed(&unpacking, error);
	return unpack_all(&unpacking, error);
}
