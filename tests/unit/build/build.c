/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <glob.h>

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/capability.h>
#include <unistd.h>

#include "fixture.h"
#include "forget.h"
#include "base/interrupt.h"
#include "kernel/kernel.h"
#include "distro/distro.h"
#include "module/ko.h"

#define HOME    "var/lib/dkms/foo/1.0"
#define PRODUCT HOME "/" K "/" A

static void headers_missing(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	fixture_use_kernel(f, "9.9.9");
	fixture_refuse(f, EXIT_NO_HEADERS, "9.9.9");
	assert_holds(f, HOME, "source");
}

static void source_with_one_entry(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *file = fixture_path(f, "usr/src/foo-1.0/foo.c");

	(void)state;
	assert_int_equal(unlink(file), 0);
	fixture_refuse(f, EXIT_BAD_CONF, "holds nothing to build");
	assert_holds(f, HOME, "source");
}

static void already_built(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	fixture_build(f);
	fixture_refuse(f, EXIT_TREE, "already built");
}

static void success_leaves_the_product_alone(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *module = fixture_path(f, PRODUCT "/module/bar.ko");
	struct stat info;

	(void)state;
	scratch_write(f->scratch, HOME "/build/make.log", "of an older failure\n");
	scratch_write(f->scratch, HOME "/.dkms-build-dead/build/x", "of a killed build\n");
	f->module.built_location = (char *)"sub/";
	f->module.dest_name = (char *)"bar";
	f->package.make_command = (char *)"mkdir sub; umask 0; cp foo.c sub/foo.ko; "
					  "chmod 4777 sub/foo.ko; echo sym > Module.symvers";
	fixture_build(f);
	assert_holds(f, HOME, K " source");
	assert_holds(f, PRODUCT, ".build.json .package log module");
	assert_holds(f, PRODUCT "/module", "Module.symvers bar.ko");
	assert_int_equal(stat(module, &info), 0);
	assert_int_equal(info.st_uid, 0);
	assert_int_equal(info.st_mode & 07777, 0644);
	assert_true(text_starts_with(notebook_text(&f->notebook), "S Building module(s)\ns \n"));
	assert_true(text_ends_with(notebook_text(&f->notebook), "I \n"));
}

static void versions_of_dependencies_are_recorded(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	scratch_directory(f->scratch, "var/lib/dkms/dep/2.5/" K "/" A "/module");
	scratch_symlink(f->scratch, "var/lib/dkms/dep/kernel-" K "-" A, "2.5/" K "/" A);
	strv_add(&f->package.build_depends, "dep");
	strv_add(&f->package.build_depends, "unknown");
	fixture_build(f);
	cleanup(free_string) char *version = fixture_read(f, PRODUCT "/.dep_dep");

	assert_string_equal(version, "2.5\n");
	assert_holds(f, PRODUCT, ".build.json .dep_dep .package log module");
}

static void post_build_works_on_the_product(struct fixture *f)
{
	cleanup(free_string) char *body = text_format(
		"cd %s/" PRODUCT
		" && cp module/foo.ko extra && echo four >>module/foo.ko && echo done\n",
		f->scratch);

	fixture_script(f, "usr/src/foo-1.0/post", body);
	f->package.post_build = (char *)"post";
	fixture_build(f);
	cleanup(free_string) char *module = fixture_read(f, PRODUCT "/module/foo.ko");
	cleanup(free_string) char *log = fixture_read(f, PRODUCT "/log/make.log");

	assert_string_equal(module, "one\ntwo\nthree\nfour\n");
	assert_false(fixture_has(f, PRODUCT "/extra"));
	assert_non_null(strstr(log, "\ndone\n# exit code: 0\n"));
	assert_holds(f, HOME, K " source");
}

static void post_build_in_the_cage(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *module = fixture_path(f, PRODUCT "/module/foo.ko");
	struct stat info;

	(void)state;
	post_build_works_on_the_product(f);
	assert_int_equal(stat(module, &info), 0);
	assert_int_equal(info.st_uid, 0);
	/* It may compile: idle is what comes after it. */
	assert_true(text_ends_with(notebook_text(&f->notebook), "I \n"));
	assert_non_null(strstr(notebook_text(&f->notebook), "post_build"));
}

static void a_trial_is_idle_when_it_is_built(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	f->request.only_cache = true;
	fixture_build(f);
	assert_false(fixture_has(f, PRODUCT));
	assert_true(text_ends_with(notebook_text(&f->notebook), "I \n"));
}

static void post_build_may_not_plant_links(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *body = text_format(
		"ln -sf /etc/passwd %s/" PRODUCT "/module/foo.ko\n", f->scratch);

	(void)state;
	fixture_script(f, "usr/src/foo-1.0/post", body);
	f->package.post_build = (char *)"post";
	fixture_refuse(f, EXIT_NO_PRODUCT, "no regular file");
	assert_false(fixture_has(f, PRODUCT));
}

static void replaces_an_older_build(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	fixture_build(f);
	f->request.replace = true;
	f->package.make_command = (char *)"exit 1";
	fixture_refuse(f, EXIT_BUILD_FAILED, "status 1");
	cleanup(free_string) char *old = fixture_read(f, PRODUCT "/module/foo.ko");

	assert_string_equal(old, "one\ntwo\nthree\n");
	f->package.make_command = (char *)"echo new > foo.ko";
	fixture_build(f);
	cleanup(free_string) char *new = fixture_read(f, PRODUCT "/module/foo.ko");

	assert_string_equal(new, "new\n");
	assert_holds(f, HOME, K " source");
}

static void root_only_sources_build(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *file = fixture_path(f, "usr/src/foo-1.0/foo.c");

	(void)state;
	assert_int_equal(chmod(file, 0600), 0);
	scratch_write(f->scratch, "var/lib/dkms/mok.key", "secret\n");
	f->package.make_command = (char *)"cp foo.c foo.ko && test $(id -u) = 0 && "
					  "! touch /etc/made-by-a-build && "
					  "! cat $dkms_tree/mok.key";
	fixture_build(f);
}

/* Two builds that wait for each other: each finds its own files at the one conventional path. */
static void kernels_build_at_once(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	pid_t children[2];

	(void)state;
	scratch_directory(f->scratch, "lib/modules/k0/build/include");
	scratch_directory(f->scratch, "lib/modules/k1/build/include");
	f->package.policy.build_sandbox = SANDBOX_NO; /* to see each other in /tmp */
	cleanup(free_string) char *command = text_format(
		"echo $kernelver > %s/var/lib/dkms/foo/1.0/build/foo.ko; mkdir %s/$kernelver; "
		"until test -d %s/k0 -a -d %s/k1; do sleep 0.02; done",
		f->scratch, f->scratch, f->scratch, f->scratch);

	f->package.make_command = command;
	for (int i = 0; i < 2; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			fixture_use_kernel(f, i ? "k1" : "k0");
			_exit(fixture_try(f) < 0);
		}
	}
	for (int i = 0; i < 2; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	cleanup(free_string) char *first = fixture_read(f, HOME "/k0/" A "/module/foo.ko");
	cleanup(free_string) char *second = fixture_read(f, HOME "/k1/" A "/module/foo.ko");

	assert_string_equal(first, "k0\n");
	assert_string_equal(second, "k1\n");
	assert_holds(f, HOME, "k0 k1 source");
}

static void remove_build(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	assert_true(build_remove(&f->settings, &f->id, &f->kernel->id, &f->error) < 0);
	assert_error(&f->error, EXIT_TREE, "is not built");
	fixture_build(f);
	assert_int_equal(build_remove(&f->settings, &f->id, &f->kernel->id, &f->error), 0);
	assert_holds(f, HOME, "source");
}

static const char real_makefile[] = "obj-m := foo.o\n";
static const char real_source[] = "#include <linux/module.h>\n"
				  "static int number = 7;\n"
				  "module_param(number, int, 0444);\n"
				  "MODULE_LICENSE(\"GPL\");\n"
				  "MODULE_VERSION(\"1.0\");\n";

/* The first release below /lib/modules that has headers, owned by the caller, or NULL. */
static char *release_with_headers(struct fixture *f)
{
	cleanup(strv_free) struct strv releases = {0};
	const char *release;

	text_assign(&f->settings.install_tree, "/lib/modules");
	assert_int_equal(kernel_list_installed(&f->settings, &releases, &f->error), 0);
	STRV_FOREACH (release, &releases) {
		cleanup(free_string) char *include = path_join("/lib/modules", release,
							       "build/include", NULL);

		if (file_is_directory(include))
			return xstrdup(release);
	}
	return NULL;
}

/* By the default command, with a jobserver, by the compiler of the kernel, signed. */
static void real_module(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *release = release_with_headers(f);
	cleanup(free_string) char *signed_line = text_format(
		"L Signing module %s/" HOME "/build/foo.ko\n", f->scratch);
	struct ko_info info;

	(void)state;
	if (!release)
		skip();
	scratch_write(f->scratch, "usr/src/foo-1.0/foo.c", real_source);
	scratch_write(f->scratch, "usr/src/foo-1.0/Makefile", real_makefile);
	fixture_use_kernel(f, release);
	f->package.make_command = NULL;
	f->module.strip = true;
	f->request.jobs = 2;
	cleanup(distro_free_handler) struct distro *distro = NULL;

	scratch_write(f->scratch, "etc/os-release", "ID=debian\n");
	f->settings.try_sign_modules = SIGN_ALWAYS;
	assert_int_equal(distro_detect(&f->settings, &distro, &f->error), 0);
	cleanup(signing_free_handler) struct signing *signing = signing_choose(
		&f->settings, distro, f->kernel, &f->notebook.reporter);

	f->request.signing = signing;
	assert_int_equal(pipe(f->request.jobserver.ends), 0);
	assert_int_equal(write(f->request.jobserver.ends[1], "+", 1), 1);
	fixture_build(f);
	(void)close(f->request.jobserver.ends[0]);
	(void)close(f->request.jobserver.ends[1]);
	cleanup(strv_free) struct strv paths = {0};
	cleanup(free_string) char *product = path_join(f->settings.dkms_tree, "foo/1.0", release, A,
						       NULL);
	cleanup(free_string) char *modules = path_join(product, "module", NULL);
	cleanup(free_string) char *log = path_join(product, "log/make.log", NULL);
	cleanup(free_string) char *said = NULL;

	assert_int_equal(directory_list(modules, &paths, &f->error), 0);
	assert_int_equal(paths.count, 2); /* and Module.symvers */
	cleanup(free_string) char *ko = path_join(modules, paths.items[1], NULL);

	assert_int_equal(ko_read_info(ko, &info, &f->error), 0);
	assert_string_equal(info.version, "1.0");
	assert_true(text_starts_with(info.vermagic, release));
	ko_info_free(&info);
	assert_non_null(strstr(notebook_text(&f->notebook), signed_line));
	assert_int_equal(file_read(log, 1 << 20, &said, NULL, &f->error), 0);
	assert_null(strstr(said, "jobserver"));
	assert_null(strstr(said, "warning: -j"));
}

/* Sends a signal once make runs: before that, a helper program of dkms could be what it ends. */
static int signal_the_build(const struct fixture *f, pid_t builder)
{
	cleanup(free_string) char *started = fixture_path(f, HOME "/.dkms-build-*/build/started");
	glob_t found;

	for (int i = 0; i < 6000; i++) {
		if (glob(started, 0, NULL, &found) == 0) {
			globfree(&found);
			return kill(builder, SIGINT);
		}
		(void)usleep(10000);
	}
	return -1;
}

/* Ctrl-C while make runs: called off, nothing left. */
static void interrupted(struct fixture *f)
{
	pid_t self = getpid();

	assert_int_equal(interrupt_install(&f->error), 0);
	f->package.make_command = (char *)"touch started; sleep 1000";
	pid_t killer = fork();

	if (killer == 0)
		_exit(signal_the_build(f, self) < 0);
	fixture_refuse(f, 128 + SIGINT, "signal");
	assert_holds(f, HOME, "source");
	assert_int_equal(waitpid(killer, NULL, 0), killer);
}

static void interrupt_rolls_back(void **state)
{
	static const enum sandbox_policy policies[] = {SANDBOX_YES, SANDBOX_NO};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		cleanup(fixture_free_handler) struct fixture *f = fixture_new();
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			f->package.policy.build_sandbox = policies[i];
			interrupted(f);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

/* make dies of the same Ctrl-C, and there is no pidfd (Linux 5.3) to see who was first. */
static void interrupt_is_no_failure(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *command = NULL;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		command = text_format("kill -INT %d; exit 130", (int)getpid());
		f->package.policy.build_sandbox = SANDBOX_NO; /* to reach this process */
		f->package.make_command = command;
		assert_int_equal(forget_call(SYS_pidfd_open), 0);
		assert_int_equal(interrupt_install(&f->error), 0);
		fixture_refuse(f, 128 + SIGINT, "signal");
		assert_holds(f, HOME, "source");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* In a child that may not make namespaces; gives its exit status. */
static int without_namespaces(struct fixture *f, void (*test)(struct fixture *f))
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (syscall(SYS_capget, &header, data) < 0)
			_exit(99);
		data[0].effective &= ~(1U << CAP_SYS_ADMIN);
		data[0].permitted &= ~(1U << CAP_SYS_ADMIN);
		if (syscall(SYS_capset, &header, data) < 0)
			_exit(98);
		fixture_find_support(f);
		test(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void build_without_namespaces(struct fixture *f)
{
	post_build_works_on_the_product(f);
	const char *said = notebook_text(&f->notebook);

	if (!text_starts_with(said, "W The build is not isolated from the system"))
		fail_msg("%s", said);
	cleanup(free_string) char *log = fixture_read(f, PRODUCT "/log/make.log");

	assert_non_null(strstr(log, "\n# The build is not isolated from the system"));
}

static void fail_without_namespaces(struct fixture *f)
{
	f->package.make_command = (char *)"echo 'a.c:1: error: x'; false";
	fixture_refuse(f, EXIT_BUILD_FAILED, "a.c:1: error: x");
	assert_holds(f, HOME, "build source");
	f->package.make_command = (char *)"cp foo.c foo.ko";
	fixture_script(f, "usr/src/foo-1.0/post", "exit 9\n");
	f->package.post_build = (char *)"post";
	fixture_refuse(f, 9, "post_build");
	assert_holds(f, HOME, "build source");
}

static void require_without_namespaces(struct fixture *f)
{
	f->package.policy.build_sandbox = SANDBOX_REQUIRE;
	fixture_refuse(f, EXIT_BUILD_FAILED, "build_sandbox=\"require\"");
	assert_false(fixture_has(f, PRODUCT));
}

static void namespaces_may_be_forbidden(void **state)
{
	static void (*const tests[])(struct fixture *) = {
		build_without_namespaces, fail_without_namespaces, require_without_namespaces};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		cleanup(fixture_free_handler) struct fixture *f = fixture_new();

		assert_int_equal(without_namespaces(f, tests[i]), 0);
	}
}

BUILD_MAIN(cmocka_unit_test(headers_missing), cmocka_unit_test(source_with_one_entry),
	   cmocka_unit_test(already_built), cmocka_unit_test(success_leaves_the_product_alone),
	   cmocka_unit_test(versions_of_dependencies_are_recorded),
	   cmocka_unit_test(post_build_in_the_cage),
	   cmocka_unit_test(a_trial_is_idle_when_it_is_built),
	   cmocka_unit_test(post_build_may_not_plant_links),
	   cmocka_unit_test(replaces_an_older_build), cmocka_unit_test(root_only_sources_build),
	   cmocka_unit_test(kernels_build_at_once), cmocka_unit_test(remove_build),
	   cmocka_unit_test(real_module), cmocka_unit_test(interrupt_rolls_back),
	   cmocka_unit_test(interrupt_is_no_failure), cmocka_unit_test(namespaces_may_be_forbidden))
