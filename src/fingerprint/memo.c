/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/memo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"

/* A build of one small file reads some 700 headers, and a kernel has 150 scripts. */
enum { SLOTS = 16384, TEXT_LENGTH = 64 };
enum { LARGEST = 1 << 30, LARGEST_PUBLIC = 64 << 20 };

/* Entries are only ever added, by whoever is first to take a free one. */
struct shared_digests {
	struct shared_digest {
		_Atomic(uint32_t) state;
		struct identity {
			uint64_t device, inode, size, modified, modified_ns, changed, changed_ns,
				kind;
		} file;
		char digest[TEXT_LENGTH + 1];
	} slots[SLOTS];
};

enum { SLOT_FREE, SLOT_TAKEN, SLOT_FILLED };

struct kept {
	struct stat status;
	char *digest;
};

static void kept_free(void *value)
{
	struct kept *kept = value;

	if (!kept)
		return;
	free(kept->digest);
	free(kept);
}

void memo_share(struct digest_memo *memo)
{
	void *memory = mmap(NULL, sizeof(struct shared_digests), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (!memo->shared && memory != MAP_FAILED)
		memo->shared = memory;
}

void memo_join(struct digest_memo *memo, const struct digest_memo *other)
{
	memo->has_joined = true;
	/* Confined workers of this process must not write there. */
	if (other->shared && madvise(other->shared, sizeof(*other->shared), MADV_DONTFORK) == 0)
		memo->shared = other->shared;
}

static struct identity identity_of(const struct stat *status, enum digest_kind kind)
{
	return (struct identity){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = (uint64_t)status->st_size,
		.modified = (uint64_t)status->st_mtim.tv_sec,
		.modified_ns = (uint64_t)status->st_mtim.tv_nsec,
		.changed = (uint64_t)status->st_ctim.tv_sec,
		.changed_ns = (uint64_t)status->st_ctim.tv_nsec,
		.kind = kind,
	};
}

/* Inodes of one tree follow each other: spread them. */
static size_t first_slot(const struct identity *file)
{
	return (size_t)((file->inode ^ file->changed_ns) * 0x9e3779b97f4a7c15ULL >> 40) % SLOTS;
}

static const char *find_shared(struct shared_digests *shared, const struct identity *file)
{
	size_t slot = first_slot(file);

	for (size_t i = 0; i < SLOTS; i++, slot = (slot + 1) % SLOTS) {
		struct shared_digest *entry = &shared->slots[slot];
		uint32_t state = atomic_load_explicit(&entry->state, memory_order_acquire);

		if (state == SLOT_FREE)
			return NULL;
		if (state == SLOT_FILLED && memcmp(&entry->file, file, sizeof(*file)) == 0)
			return entry->digest;
	}
	return NULL;
}

static void add_shared(struct shared_digests *shared, const struct identity *file,
		       const char *digest)
{
	size_t slot = first_slot(file);

	for (size_t i = 0; i < SLOTS; i++, slot = (slot + 1) % SLOTS) {
		struct shared_digest *entry = &shared->slots[slot];
		uint32_t expected = SLOT_FREE;

		if (!atomic_compare_exchange_strong(&entry->state, &expected, SLOT_TAKEN))
			continue;
		entry->file = *file;
		memcpy(entry->digest, digest, sizeof(entry->digest));
		atomic_store_explicit(&entry->state, SLOT_FILLED, memory_order_release);
		return;
	}
}

static int digest_content(int fd, const char *path, char **ret_digest, struct error *error)
{
	int code = digest_of_descriptor(fd, ret_digest);

	return code < 0 ? error_errno(error, code, 0, "Cannot read %s", path) : 0;
}

static int digest_public(int fd, const char *path, char **ret_digest, struct error *error)
{
	struct stat status;
	int code = fstat(fd, &status) < 0            ? -errno
		   : !(status.st_mode & S_IROTH)     ? -EACCES
		   : status.st_size > LARGEST_PUBLIC ? -EFBIG
						     : digest_of_descriptor(fd, ret_digest);

	return code < 0 ? error_errno(error, code, 0, "Cannot use %s", path) : 0;
}

/* Where a file is looked for, and what it is called. */
struct place {
	int parent;
	const char *name, *path;
	bool follow; /* a link */
};

/* *status becomes that of the file which was read. */
static int find_out(const struct place *place, struct stat *status, digest_function *function,
		    char **ret_digest, struct error *error)
{
	const char *path = place->path;
	cleanup(close_fd) int fd = openat(place->parent, place->name,
					  O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
						  (place->follow ? 0 : O_NOFOLLOW));
	cleanup(free_string) char *digest = NULL;
	struct stat after;

	if (fd < 0 || fstat(fd, status) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (!S_ISREG(status->st_mode) || status->st_size > LARGEST)
		return error_errno(error, S_ISREG(status->st_mode) ? -EFBIG : -EINVAL, 0,
				   "Cannot read %s", path);
	if (function(fd, path, &digest, error) < 0)
		return error->code;
	if (fstat(fd, &after) < 0 || !file_is_unchanged(status, &after))
		return error_set(error, -ESTALE, 0, "%s changes while it is read", path);
	*ret_digest = TAKE(digest);
	return 0;
}

static const char *keep(struct strmap *files, const char *path, const struct stat *status,
			char *owned_digest)
{
	struct kept *kept = NEW(struct kept);

	*kept = (struct kept){*status, owned_digest};
	kept_free(strmap_set(files, path, kept));
	return owned_digest;
}

static int digest_place(struct digest_memo *memo, enum digest_kind kind, digest_function *function,
			const struct place *place, const char **ret_digest, struct error *error)
{
	const char *path = place->path;
	const struct kept *kept = strmap_get(&memo->files[kind], path);
	const char *known = NULL;
	struct stat status;
	char *digest = NULL;

	if (fstatat(place->parent, place->name, &status, place->follow ? 0 : AT_SYMLINK_NOFOLLOW) <
	    0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (!S_ISREG(status.st_mode)) /* opening a device can do things */
		return error_errno(error, -EINVAL, 0, "Cannot read %s", path);
	struct identity file = identity_of(&status, kind);

	if (kept && file_is_unchanged(&kept->status, &status))
		known = kept->digest;
	else if (memo->shared)
		known = find_shared(memo->shared, &file);
	if (!known) {
		if (find_out(place, &status, function, &digest, error) < 0)
			return error->code;
		file = identity_of(&status, kind);
		if (memo->shared)
			add_shared(memo->shared, &file, digest);
		known = keep(&memo->files[kind], path, &status, digest);
	}
	*ret_digest = known;
	return 0;
}

int memo_digest_by(struct digest_memo *memo, enum digest_kind kind, digest_function *function,
		   const char *path, const char **ret_digest, struct error *error)
{
	const struct place place = {AT_FDCWD, path, path, true};

	return digest_place(memo, kind, function, &place, ret_digest, error);
}

int memo_digest_at(struct digest_memo *memo, int parent, const char *name, const char *path,
		   const char **ret_digest, struct error *error)
{
	const struct place place = {parent, name, path, false};

	return digest_place(memo, DIGEST_CONTENT, digest_content, &place, ret_digest, error);
}

int memo_digest_public(struct digest_memo *memo, const char *path, const char **ret_digest,
		       struct error *error)
{
	return memo_digest_by(memo, DIGEST_PUBLIC, digest_public, path, ret_digest, error);
}

int memo_digest(struct digest_memo *memo, const char *path, const char **ret_digest,
		struct error *error)
{
	return memo_digest_by(memo, DIGEST_CONTENT, digest_content, path, ret_digest, error);
}

void memo_free(struct digest_memo *memo)
{
	for (size_t kind = 0; kind < DIGEST_KINDS; kind++)
		strmap_free(&memo->files[kind], kept_free);
	if (memo->shared && !memo->has_joined)
		(void)munmap(memo->shared, sizeof(*memo->shared));
	*memo = (struct digest_memo){0};
}
