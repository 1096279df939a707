/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each call by which a cage is found possible, opened and entered fails once, as it does where a
 * stranger has used up processes, descriptors or memory. The command then does not run, or it runs
 * in the full cage: never in a weaker one. The calls are wrapped here: symbols of a program win
 * over those of its libraries.
 */
#include "unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cage/fixture.h"

static int countdown; /* 0: nothing fails (any more) */
static int failure;
static bool no_memory_files;
static int *reached; /* shared with children */

static bool fails(void)
{
	if (!countdown || --countdown)
		return false;
	*reached = 1;
	errno = failure;
	return true;
}

/* The call itself, with its own name as the wrapper's. */
#define REAL(name) ((typeof(&(name)))dlsym(RTLD_NEXT, #name))

pid_t fork(void)
{
	return fails() ? -1 : REAL(fork)();
}

int pipe2(int ends[2], int flags)
{
	return fails() ? -1 : (int)REAL(syscall)(SYS_pipe2, ends, flags);
}

int memfd_create(const char *name, unsigned int flags)
{
	if (no_memory_files) {
		errno = EPERM;
		return -1;
	}
	return (int)REAL(syscall)(SYS_memfd_create, name, flags);
}

int unshare(int flags)
{
	return fails() ? -1 : (int)REAL(syscall)(SYS_unshare, flags);
}

int setns(int fd, int type)
{
	return fails() ? -1 : (int)REAL(syscall)(SYS_setns, fd, type);
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data)
{
	return fails() ? -1 : (int)REAL(syscall)(SYS_mount, source, target, type, flags, data);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	unsigned int mode = flags & O_CREAT ? va_arg(arguments, unsigned int) : 0;

	va_end(arguments);
	return fails() ? -1 : (int)REAL(syscall)(SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	unsigned int mode = flags & O_CREAT ? va_arg(arguments, unsigned int) : 0;

	va_end(arguments);
	return fails() ? -1 : (int)REAL(syscall)(SYS_openat, directory, path, flags, mode);
}

/* clone, mount_setattr, keyctl, capset, close_range: all of a cage's own use of it. */
long syscall(long number, ...)
{
	long a[6];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	return fails() ? -1 : REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static const int failures[] = {EAGAIN, EMFILE, ENOMEM};

/* The command leaves a mark where only an uncaged one can. */
static void expect_no_uncaged_command(int point)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *mark = path_join(f->tree, "mark", NULL);
	const char *argv[] = {"bash", "-c", "echo > \"$1\"; test -r \"$2\"", "bash", mark,
			      f->key, NULL};
	const struct process process = {.argv = (char *const *)argv,
					.directory = f->shown_build,
					.stdout_fd = -1,
					.stderr_fd = -1};
	struct error error = {0};
	int status = -1;

	assert_int_equal(chmod(f->tree, 0777), 0);
	countdown = point;
	fixture_open(f, CAGE_FULL);
	if (f->cage && cage_run(f->cage, &process, none, &status, &error) == 0)
		assert_int_not_equal(status, 0);
	countdown = 0;
	assert_true(!f->cage || f->cage->kind == CAGE_FULL);
	assert_false(file_exists(mark));
	error_clear(&error);
}

static void a_cage_that_does_not_open_runs_nothing(void **state)
{
	int point = 0;

	(void)state;
	for (bool more = true; more; point++) {
		more = false;
		for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
			failure = failures[(point + (int)i) % 3];
			*reached = 0;
			expect_no_uncaged_command(point + 1);
			more |= *reached;
			if (!*reached || point > 20)
				break;
		}
	}
	print_message("%d calls\n", point);
	assert_true(point > 20);
}

/* EPERM is how the kernel says that namespaces are impossible. Here it says something else. */
static void a_filter_that_cannot_be_made_allows_no_less(void **state)
{
	struct cage_support support = {0};
	struct error error = {0};

	(void)state;
	no_memory_files = true;
	assert_int_equal(cage_find_support(&support, &error), -EPERM);
	no_memory_files = false;
	assert_error(
		&error, 0,
		"Cannot find out whether builds can be isolated from the system: system calls");
	cage_support_free(&support);
}

static void what_is_possible_is_not_found_out_by_want(void **state)
{
	int point = 0;

	(void)state;
	for (bool more = true; more; point++) {
		struct cage_support support = {0};
		struct error error = {0};

		failure = failures[point % 3];
		*reached = 0;
		countdown = point + 1;
		int code = cage_find_support(&support, &error);

		countdown = 0;
		more = *reached;
		if (!code)
			assert_int_equal(support.strictest, CAGE_FULL);
		else
			assert_non_null(strstr(error.message, "Cannot find out"));
		cage_support_free(&support);
		error_clear(&error);
	}
	assert_true(point > 20);
}

/* Finds out in a child: here the filter of system calls is still to be made, which must fail once.
 */
static bool cages_are_possible_elsewhere(void)
{
	pid_t pid = REAL(fork)();
	int status = 1;

	if (pid == 0)
		_exit(!cages_are_possible());
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: the others make the filter. */
		cmocka_unit_test(a_filter_that_cannot_be_made_allows_no_less),
		cmocka_unit_test(what_is_possible_is_not_found_out_by_want),
		cmocka_unit_test(a_cage_that_does_not_open_runs_nothing),
	};

	reached = mmap(NULL, sizeof(*reached), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (getuid() != 0 || !cages_are_possible_elsewhere()) {
		print_message("1..0 # SKIP needs root and namespaces\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
