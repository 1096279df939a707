/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/fixture.h"

#include "reuse/record.h"

#define TREE   "var/lib/dkms/mod/1.0/"
#define SOURCE "usr/src/mod-1.0/"

static const struct module_id id = {(char *)"mod", (char *)"1.0"};

/* A source, headers, and the log of a build that failed. */
static void start(void **state)
{
	cleanup(free_string) char *source = path_join(*state, "usr/src/mod-1.0", NULL);

	make_headers(state);
	scratch_write(*state, SOURCE "mod.c", "source");
	scratch_write(*state, SOURCE "Makefile", "obj-m := mod.o\n");
	scratch_write(*state, TREE "build/make.log", "error: no\n");
	scratch_symlink(*state, TREE "source", source);
}

typedef void with_request(void **state, const struct reuse_request *request);

/* A run of dkms of its own: nothing is known from before. */
static void run_dkms(void **state, struct package *package, with_request *work)
{
	cleanup(settings_free) struct settings settings;
	cleanup(kernel_free_handler) struct kernel *kernel = open_kernel(*state);
	struct reuse_context context = {0};

	settings_init(&settings, *state);
	const struct reuse_request request = {
		.context = &context,
		.settings = &settings,
		.id = &id,
		.package = package,
		.kernel = kernel,
	};

	work(state, &request);
	reuse_context_free(&context);
}

static void remember(void **state, const struct reuse_request *request)
{
	cleanup(free_string) char *log = path_join(*state, TREE "build/make.log", NULL);
	struct error error = {0};

	assert_ok(failed_remember(request, 10, log, &error), &error);
}

static void assert_known(void **state, const struct reuse_request *request)
{
	cleanup(free_string) char *log = NULL;
	int status = 0;

	(void)state;
	assert_true(failed_recall(request, &status, &log));
	assert_int_equal(status, 10);
	cleanup(free_string) char *text = scratch_read(log, NULL);

	assert_memory_equal(text, "error: no\n", 10);
}

static void assert_unknown(void **state, const struct reuse_request *request)
{
	char *log = (char *)"untouched";
	int status = 77;

	(void)state;
	assert_false(failed_recall(request, &status, &log));
	assert_int_equal(status, 77);
	assert_string_equal(log, "untouched");
}

static void forget(void **state, const struct reuse_request *request)
{
	(void)state;
	failed_forget(request->settings, request->id, &request->kernel->id);
}

static void a_failure_is_known_until_it_is_forgotten(void **state)
{
	struct package package = {0};

	start(state);
	run_dkms(state, &package, assert_unknown);
	run_dkms(state, &package, remember);
	run_dkms(state, &package, assert_known);
	/* Its directory goes, as the next build does away with it; the log does not. */
	run("rm -r '%s/" TREE "build'", (char *)*state);
	run_dkms(state, &package, assert_known);
	run_dkms(state, &package, forget);
	run_dkms(state, &package, assert_unknown);
	run("test ! -e '%s/" TREE ".failed'", (char *)*state);
	run_dkms(state, &package, forget);
}

static void whatever_differs_is_worth_another_try(void **state)
{
	static const char *const files[] = {
		SOURCE "mod.c",
		SOURCE "new.h",
		"etc/dkms/mod/patches/new.patch",
		BUILD "include/config/auto.conf",
		BUILD "Module.symvers",
		"common/Makefile",
		"var/lib/dpkg/status",
	};
	struct package package = {0};

	start(state);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		run_dkms(state, &package, remember);
		run_dkms(state, &package, assert_known);
		scratch_write(*state, files[i], "another");
		run_dkms(state, &package, assert_unknown);
	}
	run_dkms(state, &package, remember);
	package.policy.build_network = true;
	run_dkms(state, &package, assert_unknown);
	run_dkms(state, &package, remember);
	strv_add(&package.build_depends, "other");
	run_dkms(state, &package, assert_unknown);
	strv_free(&package.build_depends);
}

static void a_damaged_record_is_none(void **state)
{
	static const char *const damages[] = {
		"sed -i 's/^1$/2/'", "sed -i '$d'",   "sed -i 's/^10$/0/'",
		"truncate -s 0",     "sed -i '$a x'", "sed -i '2s/./X/'",
	};
	struct package package = {0};

	start(state);
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		run_dkms(state, &package, remember);
		run_dkms(state, &package, assert_known);
		run("%s '%s/" TREE ".failed/" RELEASE "-x86_64'", damages[i], (char *)*state);
		run_dkms(state, &package, assert_unknown);
	}
}

UNIT_MAIN(scratch_test(a_failure_is_known_until_it_is_forgotten),
	  scratch_test(whatever_differs_is_worth_another_try),
	  scratch_test(a_damaged_record_is_none))
