/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/named_files.h"

#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "cage/worker.h"
#include "fingerprint/memo.h"

enum { FACTS_LIMIT = 256 };

/* A package may name what is closed to others: its bytes are nobody's to tell, not as a digest. */
static char *closed_file_facts(const char *path)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return NULL;
	return text_format("%ju %jd %jd.%09ld", (uintmax_t)info.st_ino, (intmax_t)info.st_size,
			   (intmax_t)info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

/* Owned by the caller; NULL for what is no regular file. */
static char *describe(const char *path)
{
	cleanup(memo_free) struct digest_memo memo = {0};
	cleanup(error_clear) struct error ignored = {0};
	const char *content;

	if (!file_is_regular(path))
		return NULL;
	if (memo_digest_public(&memo, path, &content, &ignored) == 0)
		return xstrdup(content);
	return closed_file_facts(path);
}

/* In the worker. */
static int describe_all(void *context, struct answer *answer, struct error *error)
{
	const struct strv *paths = context;
	const char *path;

	(void)error;
	STRV_FOREACH (path, paths) {
		cleanup(free_string) char *facts = describe(path);

		answer_put_text(answer, facts);
	}
	return 0;
}

static int ask(struct strv *paths, struct digest *digest, struct error *error)
{
	const struct worker worker = {
		.purpose = "looking at the files that MAKE names",
		.work = describe_all,
		.context = paths,
		.opens_files = true,
	};
	cleanup(answer_free) struct answer answer = {0};

	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	for (size_t i = 0; i < paths->count; i++) {
		cleanup(free_string) char *facts = NULL;

		if (answer_text(&answer, &facts, FACTS_LIMIT) < 0)
			return worker_nonsense(&worker, error);
		digest_add_text(digest, facts);
	}
	return answer_end(&answer) < 0 ? worker_nonsense(&worker, error) : 0;
}

int named_files_add(struct digest *digest, const char *command, bool trusted, struct error *error)
{
	cleanup(strv_free) struct strv paths = {0};
	const char *path;

	path_list_named(command, &paths);
	if (paths.count && !trusted && ask(&paths, digest, error) < 0)
		return error->code;
	if (trusted)
		STRV_FOREACH (path, &paths) {
			cleanup(free_string) char *facts = describe(path);

			digest_add_text(digest, facts);
		}
	digest_add_text(digest, NULL);
	return 0;
}
