/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests of files that many builds ask for, kept for one run. A kept digest holds as long as the
 * file's size, times and inode are the same, so that it outlives a change of plan to work and the
 * fork between them. Start with {0}.
 */
#pragma once

#include "base/error.h"
#include "base/map.h"

struct digest_memo {
	struct strmap files;
};

/* *ret_digest points into the memo and is valid until the next call. */
int memo_digest(struct digest_memo *memo, const char *path, const char **ret_digest,
		struct error *error);
void memo_free(struct digest_memo *memo);
