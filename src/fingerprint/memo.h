/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests of files that many builds ask for, kept for one run. A kept digest is valid while the
 * file's size, times and inode are the same. So the workers can use what the planner computed. File
 * and content are of one descriptor, and a file that changes while it is read has no digest. Start
 * with {0}.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"

struct shared_digests;

/* Which part of a file a digest covers. */
enum digest_kind {
	DIGEST_CONTENT, /* of a regular file of any kind, up to a gigabyte */
	DIGEST_PUBLIC,  /* of a file that everybody may read, up to 64 MiB; else -EACCES, -EFBIG */
	DIGEST_CONFIGURATION, /* the lines that matter (fingerprint/headers.h) */
	DIGEST_KINDS
};

struct digest_memo {
	struct strmap files[DIGEST_KINDS];
	struct shared_digests *shared; /* NULL: what is found out stays in this process */
	bool has_joined;               /* it is another memo's */
};

/*
 * From now on processes that are forked know what each other finds out. Best effort: without, each
 * finds out for itself.
 */
void memo_share(struct digest_memo *memo);
/*
 * Knows what the other, which must stay as long, and all that share it know. For the process of a
 * build: the processes that it forks itself do not have the shared digests.
 */
void memo_join(struct digest_memo *memo, const struct digest_memo *other);

/* *ret_digest is valid until the next call. */
int memo_digest_public(struct digest_memo *memo, const char *path, const char **ret_digest,
		       struct error *error);
int memo_digest(struct digest_memo *memo, const char *path, const char **ret_digest,
		struct error *error);

/* The same of the file of that name in an opened directory, without following links. */
int memo_digest_at(struct digest_memo *memo, int parent, const char *name, const char *path,
		   const char **ret_digest, struct error *error);

/* From the opened file alone, called path in messages; owned by the caller, as long as digest_of()
 * makes them. */
typedef int digest_function(int fd, const char *path, char **ret_digest, struct error *error);
/* The same for what the function makes, which is the only one for this kind. */
int memo_digest_by(struct digest_memo *memo, enum digest_kind kind, digest_function *function,
		   const char *path, const char **ret_digest, struct error *error);
void memo_free(struct digest_memo *memo);
