/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/fixture.h"

#include "fingerprint/source_digest.h"

#define SOURCE "usr/src/foo-1.0/"

static struct module_id id = {(char *)"foo", (char *)"1.0"};

static struct source_facts read_facts(const struct fixture *fixture)
{
	cleanup(memo_free) struct digest_memo memo = {0};
	struct source_facts facts = {0};
	struct error error = {0};

	ok(source_facts_read(&fixture->settings, &id, &memo, &facts, &error), &error);
	return facts;
}

static char *digest(const struct fixture *fixture)
{
	cleanup(source_facts_free) struct source_facts facts = read_facts(fixture);

	return TAKE(facts.digest);
}

static void make_source(const struct fixture *fixture)
{
	scratch_write(fixture->root, SOURCE "Makefile", "obj-m := foo.o\nX := $(LINUX_DIR)\n");
	scratch_write(fixture->root, SOURCE "foo.c", "int foo;\n");
	scratch_write(fixture->root, SOURCE "deep/er/bar.h", "int bar;\n");
	scratch_write(fixture->root, "outside/secret.h", "one\n");
}

static void link_to(const struct fixture *fixture, const char *target, const char *name)
{
	cleanup(free_string) char *path = fixture_path(fixture, name);

	(void)unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static void every_name_mode_and_byte_counts(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		const char *name, *content;
	} changes[] = {
		{SOURCE "foo.c", "int bar;\n"},
		{SOURCE "deep/er/bar.h", "int baz;\n"},
		{SOURCE "deep/added", ""},
		{"etc/dkms/foo/patches/x.patch", "+x\n"},
	};

	make_source(fixture);
	cleanup(free_string) char *before = digest(fixture);
	cleanup(free_string) char *again = digest(fixture);

	assert_string_equal(before, again);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		scratch_write(fixture->root, changes[i].name, changes[i].content);
		char *after = digest(fixture);

		assert_string_not_equal(before, after);
		free(before);
		before = after;
	}
	cleanup(free_string) char *path = fixture_path(fixture, SOURCE "foo.c");

	assert_int_equal(chmod(path, 0755), 0);
	cleanup(free_string) char *changed = digest(fixture);

	assert_string_not_equal(before, changed);
}

/* A link is what it says, not what it leads to. */
static void no_link_is_followed(void **state)
{
	const struct fixture *fixture = *state;

	make_source(fixture);
	link_to(fixture, "../../../outside", SOURCE "dir");
	link_to(fixture, "../../../outside/secret.h", SOURCE "file.h");
	cleanup(free_string) char *before = digest(fixture);

	scratch_write(fixture->root, "outside/secret.h", "two\n");
	cleanup(free_string) char *after = digest(fixture);

	assert_string_equal(before, after);
	link_to(fixture, "elsewhere", SOURCE "dir");
	cleanup(free_string) char *changed = digest(fixture);

	assert_string_not_equal(before, changed);
}

static void makefiles_tell_words_and_probing(void **state)
{
	const struct fixture *fixture = *state;

	make_source(fixture);
	cleanup(source_facts_free) struct source_facts facts = read_facts(fixture);

	assert_true(strv_contains(&facts.words, "LINUX_DIR"));
	assert_false(strv_contains(&facts.words, "int"));
	assert_null(facts.probing);
	scratch_write(fixture->root, SOURCE "deep/sub.mk", "X := $(shell grep x /boot)\n");
	cleanup(source_facts_free) struct source_facts probing = read_facts(fixture);

	assert_string_equal(probing.probing, "source/deep/sub.mk has $(shell grep x /boot)");
	scratch_write(fixture->root, SOURCE "deep/sub.mk", "");
	scratch_write(fixture->root, SOURCE "foo.c", "#if __has_include(<x.h>)\n");
	cleanup(source_facts_free) struct source_facts asking = read_facts(fixture);

	assert_string_equal(asking.probing, "source/foo.c asks for __has_include");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(every_name_mode_and_byte_counts),
		FIXTURE_TEST(no_link_is_followed),
		FIXTURE_TEST(makefiles_tell_words_and_probing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
