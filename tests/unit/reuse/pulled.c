/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module/files.h"

#include "reuse/manifest.h"

static void what_is_written_is_read(void **state)
{
	struct pulled pulled = {
		.remote = (char *)"https://builds.invalid/dkms",
		.tag = (char *)"b1-0",
		.digest = (char *)"sha256:0",
		.publisher = (char *)"al\"ice\n",
		.key_id = (char *)"01",
	};
	cleanup(pulled_free_handler) struct pulled *read = NULL;
	struct error error = {0};

	strv_add(&pulled.verified, "signature");
	strv_add(&pulled.verified, "digests");
	assert_ok(pulled_write(*state, &pulled, &error), &error);
	assert_ok(pulled_read(*state, &read, &error), &error);
	assert_string_equal(read->remote, pulled.remote);
	assert_string_equal(read->tag, pulled.tag);
	assert_string_equal(read->digest, pulled.digest);
	assert_string_equal(read->publisher, pulled.publisher);
	assert_string_equal(read->key_id, pulled.key_id);
	assert_int_equal(read->verified.count, 2);
	assert_string_equal(read->verified.items[1], "digests");
	strv_free(&pulled.verified);
}

static void assert_damaged(void **state, const char *text)
{
	struct pulled *read = NULL;
	struct error error = {0};

	scratch_write(*state, PULLED_NAME, text);
	assert_int_equal(pulled_read(*state, &read, &error), -EBADMSG);
	assert_error(&error, 0, "is damaged or cut short");
	assert_null(read);
}

static void what_is_damaged_is_told(void **state)
{
	struct pulled *read = NULL;
	struct error error = {0};

	assert_int_equal(pulled_read(*state, &read, &error), -ENOENT);
	error_clear(&error);
	assert_damaged(state, "");
	assert_damaged(state, "[]");
	assert_damaged(state, "{\"remote\":\"r\",\"tag\":\"t\"}");
	assert_damaged(state,
		       "{\"remote\":\"r\",\"tag\":\"t\",\"digest\":\"d\",\"publisher\":\"p\","
		       "\"key_id\":1,\"verified\":[]}");
	assert_damaged(state,
		       "{\"remote\":\"r\",\"tag\":\"t\",\"digest\":\"d\",\"publisher\":\"p\","
		       "\"key_id\":\"k\",\"verified\":[1]}");
	scratch_write(*state, "elsewhere", "{}");
	scratch_symlink(*state, PULLED_NAME, "elsewhere");
	assert_int_equal(pulled_read(*state, &read, &error), -ELOOP);
	error_clear(&error);
}

UNIT_MAIN(scratch_test(what_is_written_is_read), scratch_test(what_is_damaged_is_told))
