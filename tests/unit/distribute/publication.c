/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <unistd.h>

#include "directory_snapshot.h"
#include "message_log.h"
#include "scratch.h"
#include "base/cleanup.h"
#include "distribute/publication.h"

/* Three files that are made, of which the second replaces one. */
static void make_three(const char *scratch, struct publication *publication)
{
	static const char *const names[] = {"a.deb", "b.deb", "c.deb"};
	struct error error = {0};

	scratch_write(scratch, "b.deb", "old");
	assert_int_equal(publication_open(scratch, publication, &error), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		cleanup(free_string) char *temporary = text_format(".new-%s", names[i]);

		scratch_write(scratch, temporary, "new");
		strv_add(&publication->names, names[i]);
		strv_add_owned(&publication->temporaries, path_join(scratch, temporary, NULL));
	}
}

static void files_take_their_places(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(publication_close) struct publication publication = {0};
	struct message_log log;
	struct error error = {0};

	(void)state;
	message_log_init(&log);
	make_three(scratch, &publication);
	assert_int_equal(publication_commit(&publication, &log.reporter, &error), 0);
	cleanup(free_string) char *after = snapshot_take(scratch, NULL);

	assert_string_equal(strchr(after, '\n') + 1,
			    "/a.deb 100644 new\n/b.deb 100644 new\n/c.deb 100644 new\n");
	message_log_clear(&log);
}

/* Whichever cannot be renamed, because it is gone: what was there before is there. */
static void after_a_failure_all_is_as_before(void **state)
{
	(void)state;
	for (size_t missing = 0; missing < 3; missing++) {
		cleanup(scratch_remove) char *scratch = scratch_make();
		struct publication publication = {0};
		struct message_log log;
		struct error error = {0};

		message_log_init(&log);
		make_three(scratch, &publication);
		assert_int_equal(unlink(publication.temporaries.items[missing]), 0);
		assert_int_not_equal(publication_commit(&publication, &log.reporter, &error), 0);
		assert_error(&error, EXIT_NO_PRODUCT, publication.names.items[missing]);
		publication_close(&publication);
		cleanup(free_string) char *after = snapshot_take(scratch, NULL);

		assert_string_equal(strchr(after, '\n') + 1, "/b.deb 100644 old\n");
		message_log_clear(&log);
	}
}

UNIT_MAIN(cmocka_unit_test(files_take_their_places),
	  cmocka_unit_test(after_a_failure_all_is_as_before))
