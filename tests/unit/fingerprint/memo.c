/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "scratch.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/path.h"
#include "fingerprint/memo.h"

static const char *ask(struct digest_memo *memo, const char *path)
{
	struct error error = {0};
	const char *digest = NULL;

	assert_int_equal(memo_digest(memo, path, &digest, &error), 0);
	return digest;
}

static void assert_digest_of(const char *digest, const char *content)
{
	cleanup(free_string) char *expected = digest_of(content, strlen(content));

	assert_string_equal(digest, expected);
}

/* What a child has found out, a memo that joins knows: it works nothing out itself. */
static void processes_know_what_others_found_out(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "file", NULL);
	cleanup(memo_free) struct digest_memo memo = {0}, joined = {0};
	int status;

	(void)state;
	scratch_write(scratch, "file", "content");
	memo_share(&memo);
	pid_t pid = fork();

	if (pid == 0) {
		struct error error = {0};
		const char *digest;

		_exit(memo_digest(&memo, path, &digest, &error) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	memo_join(&joined, &memo);
	assert_digest_of(ask(&joined, path), "content");
	assert_int_equal(joined.files[DIGEST_CONTENT].count, 0);
}

static int counted;

static int count(int fd, const char *path, char **ret_digest, struct error *error)
{
	(void)fd;
	(void)path;
	(void)error;
	counted++;
	*ret_digest = digest_of("counted", strlen("counted"));
	return 0;
}

static const char *ask_for_count(struct digest_memo *memo, const char *path)
{
	struct error error = {0};
	const char *digest = NULL;

	assert_int_equal(memo_digest_by(memo, DIGEST_CONFIGURATION, count, path, &digest, &error),
			 0);
	return digest;
}

static void what_is_made_of_one_file_in_two_ways_is_kept_apart(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "file", NULL);
	cleanup(memo_free) struct digest_memo memo = {0}, joined = {0};

	(void)state;
	scratch_write(scratch, "file", "content");
	memo_share(&memo);
	assert_digest_of(ask(&memo, path), "content");
	assert_digest_of(ask_for_count(&memo, path), "counted");
	memo_join(&joined, &memo);
	assert_digest_of(ask(&joined, path), "content");
	assert_digest_of(ask_for_count(&joined, path), "counted");
	assert_digest_of(ask_for_count(&memo, path), "counted");
	assert_int_equal(counted, 1);
}

static void a_changed_file_has_another_digest(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *path = path_join(scratch, "file", NULL);
	cleanup(free_string) char *other = path_join(scratch, "other", NULL);
	cleanup(memo_free) struct digest_memo memo = {0};

	(void)state;
	memo_share(&memo);
	scratch_write(scratch, "file", "before");
	scratch_write(scratch, "other", "behind"); /* as long */
	assert_digest_of(ask(&memo, path), "before");
	assert_digest_of(ask(&memo, other), "behind");
	assert_int_equal(rename(other, path), 0);
	assert_digest_of(ask(&memo, path), "behind");
	scratch_write(scratch, "file", "");
	assert_digest_of(ask(&memo, path), "");
}

UNIT_MAIN(cmocka_unit_test(processes_know_what_others_found_out),
	  cmocka_unit_test(what_is_made_of_one_file_in_two_ways_is_kept_apart),
	  cmocka_unit_test(a_changed_file_has_another_digest))
