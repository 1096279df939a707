/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "shim/ask.h"

/* A compiler that notes how it is called, and what else it is told to do. */
struct world {
	char *scratch, *compiler, *directory, *own, *learned, *notes;
	struct question question;
};

static int make_world(void **state)
{
	struct world *world = NEW(struct world);

	world->scratch = scratch_make();
	world->compiler = path_join(world->scratch, "gcc", NULL);
	world->directory = path_join(world->scratch, ".tmp_$$", NULL);
	world->own = text_format("%s/.tmp_%ld", world->scratch, (long)getpid());
	world->learned = path_join(world->scratch, "learned", NULL);
	world->notes = path_join(world->scratch, "notes", NULL);
	scratch_write(world->scratch, "learned", "");
	(void)snprintf(world->question.program, PATH_MAX, "%s", world->compiler);
	world->question.try_run.directory = (struct span){world->directory,
							  strlen(world->directory)};
	world->question.key = memory_key_start();
	*state = world;
	return 0;
}

static int remove_world(void **state)
{
	struct world *world = *state;

	scratch_remove(&world->scratch);
	free(world->compiler);
	free(world->directory);
	free(world->own);
	free(world->learned);
	free(world->notes);
	free(world);
	return 0;
}

static bool try(struct world *world, const char *does, bool *ret_success)
{
	static const char *const words[] = {"gcc",       "-mwish", "-c",        "-x", "c",
					    "/dev/null", "-o",     "$TMP.base", NULL};
	cleanup(free_string) char *script = text_format("#!/bin/sh\necho \"$*\" >'%s'\n%s\n",
							world->notes, does);

	scratch_write(world->scratch, "gcc", script);
	assert_int_equal(chmod(world->compiler, 0755), 0);
	char *given[sizeof(words) / sizeof(*words)];

	memcpy(given, words, sizeof(words));
	world->question.words = given;
	world->question.output = 7;
	bool tried = try_probe(&world->question, world->learned, ret_success);

	assert_memory_equal(given, words, sizeof(words));
	return tried;
}

/* The same, and nothing of what the compiler says is to be seen. */
static bool try_unheard(struct world *world, const char *does, bool *ret_success)
{
	cleanup(free_string) char *heard = path_join(world->scratch, "heard", NULL);
	int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
	int fd = open(heard, O_WRONLY | O_CREAT, 0600);
	struct stat info;

	assert_true(fd >= 0 && saved[0] >= 0 && saved[1] >= 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(dup2(fd, STDOUT_FILENO + i), STDOUT_FILENO + i);
	bool tried = try(world, does, ret_success);

	for (int i = 0; i < 2; i++) {
		assert_int_equal(dup2(saved[i], STDOUT_FILENO + i), STDOUT_FILENO + i);
		(void)close(saved[i]);
	}
	(void)close(fd);
	assert_int_equal(stat(heard, &info), 0);
	assert_int_equal(info.st_size, 0);
	return tried;
}

static void expect_answer(const struct world *world, const char *answer)
{
	memory_answer known;

	if (!answer) {
		assert_false(memory_find(world->learned, &world->question.key, known));
		return;
	}
	assert_true(memory_find(world->learned, &world->question.key, known));
	assert_string_equal(known, answer);
}

static void the_compiler_is_run_in_a_directory_of_its_own_that_goes(void **state)
{
	struct world *world = *state;
	cleanup(free_string) char *wanted = text_format("-mwish -c -x c /dev/null -o %s/tmp.base\n",
							world->own);
	cleanup(free_string) char *noted = NULL;
	struct error error = {0};
	bool success = false;
	size_t length;

	assert_true(try_unheard(world, "echo said; echo wrong >&2; for o; do :; done; echo >\"$o\"",
				&success));
	assert_true(success);
	assert_int_equal(file_read(world->notes, 4096, &noted, &length, &error), 0);
	assert_string_equal(noted, wanted);
	assert_false(file_exists(world->own));
	expect_answer(world, "0");
}

static void whatever_else_the_compiler_writes_there_goes_too(void **state)
{
	struct world *world = *state;
	bool success = false;

	assert_true(try(world,
			"for o; do :; done; cd ${o%/*} && mkdir -p a/b && ln -s /etc c && "
			"echo >a/b/d",
			&success));
	assert_true(success);
	assert_false(file_exists(world->own));
	assert_true(file_exists("/etc/passwd"));
}

static void a_refusal_is_kept_only_if_it_is_certain(void **state)
{
	struct world *world = *state;
	bool success = true;

	assert_true(try(world, "echo 'virtual memory exhausted' >&2; exit 1", &success));
	assert_false(success);
	expect_answer(world, NULL);
	assert_true(try(world, "kill -KILL $$", &success));
	assert_false(success);
	expect_answer(world, NULL);
	assert_int_equal(setenv("LC_ALL", "fr_FR.UTF-8", 1), 0);
	assert_true(try(world,
			"[ $LC_ALL = C ] && echo \"unrecognized option ‘-mwish’\" >&2; exit 1",
			&success));
	assert_false(success);
	expect_answer(world, "1");
	assert_false(file_exists(world->own));
}

static void without_a_memory_nothing_is_kept(void **state)
{
	struct world *world = *state;
	bool success = false;

	assert_int_equal(unlink(world->learned), 0);
	assert_true(try(world, "exit 0", &success));
	assert_true(success);
	assert_false(file_exists(world->learned));
	free(TAKE(world->learned));
	assert_true(try(world, "exit 1", &success));
	assert_false(success);
}

static void expect_untouched(struct world *world)
{
	bool success = true;

	assert_false(try(world, "exit 0", &success));
	assert_true(success);
	assert_false(file_exists(world->notes));
	expect_answer(world, NULL);
}

static void what_a_shell_would_do_otherwise_is_left_to_it(void **state)
{
	static const char *const exported[] = {"TMP", "TMPO"};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(exported) / sizeof(*exported); i++) {
		assert_int_equal(setenv(exported[i], "/somewhere", 1), 0);
		expect_untouched(world);
		assert_int_equal(unsetenv(exported[i]), 0);
	}
	/* mkdir -p takes one that is there, and makes those above it. */
	assert_int_equal(mkdir(world->own, 0700), 0);
	expect_untouched(world);
	assert_true(file_exists(world->own));
	assert_int_equal(rmdir(world->own), 0);
	world->question.try_run.directory = (struct span){"/nowhere/.tmp_$$", 16};
	expect_untouched(world);
}

static void a_compiler_that_cannot_be_started_is_left_to_the_shell(void **state)
{
	struct world *world = *state;
	bool success = true;

	(void)snprintf(world->question.program, PATH_MAX, "%s/none", world->scratch);
	assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
	assert_false(try(world, "", &success));
	assert_string_equal(getenv("LC_ALL"), "C.UTF-8");
	assert_true(success);
	assert_false(file_exists(world->own));
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(the_compiler_is_run_in_a_directory_of_its_own_that_goes),
		WITH_WORLD(whatever_else_the_compiler_writes_there_goes_too),
		WITH_WORLD(a_refusal_is_kept_only_if_it_is_certain),
		WITH_WORLD(without_a_memory_nothing_is_kept),
		WITH_WORLD(what_a_shell_would_do_otherwise_is_left_to_it),
		WITH_WORLD(a_compiler_that_cannot_be_started_is_left_to_the_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
