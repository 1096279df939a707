/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "message_log.h"
#include "tree/source_copy.h"

#define SECRET "the secret"

static int copy(const struct fixture *fixture, struct error *error)
{
	cleanup(free_string) char *from = fixture_path(fixture, "from");
	cleanup(free_string) char *to = fixture_path(fixture, "to");
	struct message_log log;

	message_log_init(&log);
	const struct source_copy request = {.from = from, .to = to, .reporter = &log.reporter};
	int code = source_copy_make(&request, error);

	message_log_clear(&log);
	return code;
}

static void link_to(const struct fixture *fixture, const char *target, const char *name)
{
	cleanup(free_string) char *path = fixture_path(fixture, name);

	assert_int_equal(symlink(target, path), 0);
}

static void expect_file(const struct fixture *fixture, const char *name, const char *content)
{
	cleanup(free_string) char *path = fixture_path(fixture, name);
	cleanup(free_string) char *data = NULL;
	struct error error = {0};

	assert_true(file_is_regular(path) && !file_is_symlink(path));
	ok(file_read(path, 4096, &data, NULL, &error), &error);
	assert_string_equal(data, content);
}

static void links_that_lead_out_become_what_everybody_sees(void **state)
{
	const struct fixture *fixture = *state;
	struct error error = {0};

	assert_int_equal(chmod(fixture->root, 0755), 0);
	scratch_write(fixture->root, "from/file", "inside");
	scratch_write(fixture->root, "open", "outside");
	link_to(fixture, "file", "from/near");
	link_to(fixture, "../open", "from/far");
	link_to(fixture, "/nowhere", "from/gone");
	ok(copy(fixture, &error), &error);
	expect_file(fixture, "to/far", "outside");
	cleanup(free_string) char *near = fixture_path(fixture, "to/near");
	cleanup(free_string) char *gone = fixture_path(fixture, "to/gone");

	assert_true(file_is_symlink(near));
	assert_true(file_is_symlink(gone));
}

static void what_is_closed_is_refused(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(free_string) char *secret = fixture_path(fixture, "secret");
	struct error error = {0};

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(fixture->root, 0755), 0);
	scratch_write(fixture->root, "from/file", "inside");
	scratch_write(fixture->root, "secret", SECRET);
	assert_int_equal(chmod(secret, 0600), 0);
	link_to(fixture, "../secret", "from/link");
	assert_true(copy(fixture, &error) < 0);
	assert_error(&error, EXIT_BAD_CONF, "closed to other users");
}

/* In a child, until it is killed: what is copied and links to what is closed change places. */
static void __attribute__((noreturn)) swap(const struct fixture *fixture)
{
	if (chdir(fixture->root) < 0)
		_exit(1);
	for (;;)
		for (int i = 0; i < 2; i++)
			if (renameat2(AT_FDCWD, i ? "from/dir" : "from/file", AT_FDCWD,
				      i ? "spare/dir" : "spare/file", RENAME_EXCHANGE) < 0)
				_exit(1);
}

/* Whoever swaps links while root copies gains nothing: it is a copy, or a failure. */
static void who_swaps_links_meanwhile_gains_nothing(void **state)
{
	enum { ROUNDS = 100 };
	const struct fixture *fixture = *state;
	cleanup(free_string) char *closed = fixture_path(fixture, "closed");
	cleanup(free_string) char *to = fixture_path(fixture, "to");
	cleanup(free_string) char *file = fixture_path(fixture, "to/file");
	cleanup(free_string) char *below = fixture_path(fixture, "to/dir/file");

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(fixture->root, 0755), 0);
	scratch_write(fixture->root, "from/file", "public");
	scratch_write(fixture->root, "from/dir/file", "public");
	scratch_write(fixture->root, "closed/file", SECRET);
	assert_int_equal(chmod(closed, 0700), 0);
	scratch_directory(fixture->root, "spare");
	link_to(fixture, "../closed/file", "spare/file");
	link_to(fixture, "../closed", "spare/dir");
	pid_t child = fork();

	if (child == 0)
		swap(fixture);
	for (int i = 0; i < ROUNDS; i++) {
		cleanup(free_string) char *one = NULL, *other = NULL;
		struct error error = {0}, ignored = {0};

		(void)copy(fixture, &error);
		if (file_read_nofollow(file, 4096, &one, NULL, &ignored) < 0)
			error_clear(&ignored);
		if (file_read_nofollow(below, 4096, &other, NULL, &ignored) < 0)
			error_clear(&ignored);
		error_clear(&error);
		if (text_equal(one, SECRET) || text_equal(other, SECRET))
			fail_msg("the secret got into the copy");
		ok(directory_remove(to, &error), &error);
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(links_that_lead_out_become_what_everybody_sees),
		FIXTURE_TEST(what_is_closed_is_refused),
		FIXTURE_TEST(who_swaps_links_meanwhile_gains_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
