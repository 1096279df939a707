/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/memo.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/memory.h"

struct kept {
	struct stat status;
	char *digest;
};

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mode == b->st_mode && same_time(&a->st_mtim, &b->st_mtim) &&
	       same_time(&a->st_ctim, &b->st_ctim);
}

static void kept_free(void *value)
{
	struct kept *kept = value;

	if (!kept)
		return;
	free(kept->digest);
	free(kept);
}

int memo_digest(struct digest_memo *memo, const char *path, const char **ret_digest,
		struct error *error)
{
	struct kept *kept = strmap_get(&memo->files, path);
	struct stat status;
	char *digest = NULL;

	if (stat(path, &status) < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", path);
	if (!kept || !is_unchanged(&kept->status, &status)) {
		if (status.st_size == 0 && S_ISREG(status.st_mode))
			digest = digest_of("", 0);
		else if (digest_of_file(path, &digest, error) < 0)
			return error->code;
		kept = NEW(struct kept);
		*kept = (struct kept){status, digest};
		kept_free(strmap_set(&memo->files, path, kept));
	}
	*ret_digest = kept->digest;
	return 0;
}

void memo_free(struct digest_memo *memo)
{
	strmap_free(&memo->files, kept_free);
	*memo = (struct digest_memo){0};
}
