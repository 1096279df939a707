/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole small system in a private directory: source tree, dkms tree, install tree with the
 * headers of a kernel that can build nothing, and the package foo/1.0, whose MAKE is a shell
 * command. What it writes to foo.ko is put behind the smallest possible module (fixture_build()),
 * and is what fixture_read() reads of it: it is not stripped.
 */
#pragma once

#include <sys/stat.h>

#include "scratch.h"
#include "notebook.h"
#include "base/memory.h"
#include "build/build.h"

#define K "6.1.0-test"
#define A "x86_64"

#define HOME    "var/lib/dkms/foo/1.0"
#define PRODUCT HOME "/" K "/" A

/* A module of 288 bytes that says nothing but its license, in base64. */
#define SMALLEST_MODULE                                                                    \
	"f0VMRgIBAQAAAAAAAAAAAAEAPgABAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAEAAAAAAAEAA" \
	"AwACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAABAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAwAAAAAAAAAAAAAAAAAAAABAAAA" \
	"AAAAAAAAAAAAAAAACgAAAAMAAAAAAAAAAAAAAAAAAAAAAAAADAEAAAAAAAAUAAAAAAAAAAAAAAAAAAAA" \
	"AQAAAAAAAAAAAAAAAAAAAGxpY2Vuc2U9R1BMAAAubW9kaW5mbwAuc2hzdHJ0YWIA"
enum { SMALLEST_MODULE_SIZE = 288 };

struct fixture {
	char *scratch;
	struct settings settings;
	struct module_id id;
	struct kernel *kernel;
	struct built_module module;
	struct package package;
	struct notebook notebook;
	struct cage_support support;
	struct build_request request;
	struct error error;
};

static inline char *fixture_path(const struct fixture *f, const char *name)
{
	return path_join(f->scratch, name, NULL);
}

static inline bool fixture_has(const struct fixture *f, const char *name)
{
	cleanup(free_string) char *path = fixture_path(f, name);

	return file_exists_nofollow(path);
}

static inline char *fixture_read(const struct fixture *f, const char *name)
{
	cleanup(free_string) char *path = fixture_path(f, name);
	struct error error = {0};
	char *text = NULL;
	size_t length = 0;

	if (file_read(path, 1 << 20, &text, &length, &error) < 0)
		fail_msg("%s", error.message);
	if (length >= SMALLEST_MODULE_SIZE && text_starts_with(text, "\177ELF"))
		memmove(text, text + SMALLEST_MODULE_SIZE, length + 1 - SMALLEST_MODULE_SIZE);
	return text;
}

static inline void fixture_script(const struct fixture *f, const char *name, const char *body)
{
	cleanup(free_string) char *text = text_format("#!/bin/sh\n%s", body);

	scratch_write_bytes(f->scratch, name, text, strlen(text), 0755);
}

/* The kernel that the package is built for from now on. */
static inline void fixture_use_kernel(struct fixture *f, const char *release)
{
	struct kernel_id id = kernel_id_new(release, A);

	if (f->kernel)
		kernel_free(f->kernel);
	if (kernel_open(&f->settings, &id, &f->kernel, &f->error) < 0)
		fail_msg("%s", f->error.message);
	kernel_id_free(&id);
	f->request.kernel = f->kernel;
}

/* What builds may do from now on, as a run of dkms finds it out. */
static inline void fixture_find_support(struct fixture *f)
{
	cage_support_free(&f->support);
	f->support = (struct cage_support){0};
	if (cage_find_support(&f->support, &f->error) < 0)
		fail_msg("%s", f->error.message);
	f->request.cage_support = &f->support;
}

static inline bool full_cages_are_possible(void)
{
	cleanup(cage_support_free) struct cage_support support = {0};
	struct error error = {0};
	int code = cage_find_support(&support, &error);

	error_clear(&error);
	return code == 0 && support.strictest == CAGE_FULL;
}

static inline struct fixture *fixture_new(void)
{
	struct fixture *f = NEW(struct fixture);

	f->scratch = scratch_make();
	assert_int_equal(chmod(f->scratch, 0755), 0);
	settings_init(&f->settings, f->scratch);
	f->id = module_id_new("foo", "1.0");
	scratch_write(f->scratch, "usr/src/foo-1.0/dkms.conf", "");
	scratch_write(f->scratch, "usr/src/foo-1.0/foo.c", "one\ntwo\nthree\n");
	cleanup(free_string) char *source = fixture_path(f, "usr/src/foo-1.0");

	scratch_symlink(f->scratch, "var/lib/dkms/foo/1.0/source", source);
	scratch_directory(f->scratch, "lib/modules/" K "/build/include");
	f->module = (struct built_module){.built_name = (char *)"foo",
					  .built_location = (char *)"",
					  .dest_name = (char *)"foo",
					  .dest_location = (char *)"/extra"};
	f->package = (struct package){.name = f->id.name,
				      .version = f->id.version,
				      .make_command = (char *)"cp foo.c foo.ko",
				      .modules = &f->module,
				      .module_count = 1};
	f->notebook = notebook_new();
	f->request = (struct build_request){.settings = &f->settings,
					    .id = &f->id,
					    .package = &f->package,
					    .jobs = 1,
					    .jobserver = NO_JOBSERVER,
					    .reporter = &f->notebook.reporter};
	fixture_find_support(f);
	fixture_use_kernel(f, K);
	return f;
}

static inline void fixture_free(struct fixture *f)
{
	kernel_free(f->kernel);
	strv_free(&f->package.patches);
	strv_free(&f->package.build_depends);
	notebook_free(&f->notebook);
	cage_support_free(&f->support);
	settings_free(&f->settings);
	module_id_free(&f->id);
	error_clear(&f->error);
	scratch_remove(&f->scratch);
	free(f);
}
DEFINE_CLEANUP(struct fixture *, fixture_free)

/* The package's command, and what makes modules of the plain texts that it leaves. */
static inline char *fixture_command(const struct fixture *f)
{
	static const char finish[] =
		"for file in *.ko */*.ko */real; do\n"
		"\tif [ -f $file ] && [ ! -L $file ] && [ \"$(head -c 1 $file)\" != $'\\177' ]; then\n"
		"\t\t{ echo " SMALLEST_MODULE " | base64 -d; cat $file; } >.whole\n"
		"\t\tcat .whole >$file; rm .whole\n"
		"\tfi\ndone\n";

	return text_format("%s\nstatus=$?\n%sexit $status",
			   f->package.make_command ? f->package.make_command : "", finish);
}

static inline int fixture_try(struct fixture *f)
{
	cleanup(free_string) char *command = fixture_command(f);
	char *own = f->package.make_command;

	if (own) /* what kbuild makes is whole */
		f->package.make_command = command;
	int code = build_module(&f->request, &f->error);

	f->package.make_command = own;
	return code;
}

static inline void fixture_build(struct fixture *f)
{
	if (fixture_try(f) < 0)
		fail_msg("%s\n%s", f->error.message, notebook_text(&f->notebook));
}

/* The build fails with this status, and its message holds this text. */
static inline void fixture_refuse(struct fixture *f, int exit_status, const char *part)
{
	if (fixture_try(f) == 0)
		fail_msg("built");
	assert_error(&f->error, exit_status, part);
}

/* M/V holds exactly these names, joined with blanks (dot-names count). */
static inline void assert_holds(const struct fixture *f, const char *directory, const char *names)
{
	cleanup(free_string) char *path = fixture_path(f, directory);
	cleanup(closedir_handler) DIR *open = opendir(path);
	cleanup(strv_free) struct strv found = {0};
	const struct dirent *entry;

	assert_non_null(open);
	while ((entry = readdir(open)))
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
			strv_add(&found, entry->d_name);
	strv_sort(&found);
	cleanup(free_string) char *joined = strv_join(&found, " ");

	assert_string_equal(joined, names);
}

/* As UNIT_MAIN, for what cannot be tried without root and mount namespaces. */
#define BUILD_MAIN(...)                                                                 \
	int main(void)                                                                  \
	{                                                                               \
		const struct CMUnitTest tests[] = {__VA_ARGS__};                        \
                                                                                        \
		if (getuid() != 0 || !full_cages_are_possible()) {                      \
			print_message("1..0 # SKIP needs root and mount namespaces\n"); \
			return 0;                                                       \
		}                                                                       \
		return cmocka_run_group_tests(tests, NULL, NULL);                       \
	}
