/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/interrupt.h"
#include "base/process.h"
#include "cage/worker.h"
#include "scratch.h"

static int double_it(void *context, struct answer *answer, struct error *error)
{
	(void)error;
	answer_put_number(answer, *(int *)context * 2);
	return 0;
}

static int fail_politely(void *context, struct answer *answer, struct error *error)
{
	(void)context;
	answer_put_text(answer, "lost");
	return error_set(error, -EINVAL, 8, "It is no module.");
}

static int abort_it(void *context, struct answer *answer, struct error *error)
{
	(void)context, (void)answer, (void)error;
	(void)!write(STDERR_FILENO, "bad \33[31mELF\n", 13);
	abort();
}

static int hang(void *context, struct answer *answer, struct error *error)
{
	(void)context, (void)answer, (void)error;
	while (poll(NULL, 0, -1) <= 0)
		;
	return 0;
}

static int flood_messages(void *context, struct answer *answer, struct error *error)
{
	static const char line[4096];

	(void)context, (void)answer, (void)error;
	while (write(STDERR_FILENO, line, sizeof(line)) > 0)
		;
	return 0;
}

static int print_much(void *context, struct answer *answer, struct error *error)
{
	static const char line[4096];

	(void)context, (void)error;
	for (int i = 0; i < 100; i++)
		(void)!write(STDERR_FILENO, line, sizeof(line));
	answer_put_text(answer, "done");
	return 0;
}

static int flood_answer(void *context, struct answer *answer, struct error *error)
{
	(void)context, (void)error;
	for (int i = 0; i < 300000; i++)
		answer_put_text(answer, "much");
	return 0;
}

static int answer_garbage(void *context, struct answer *answer, struct error *error)
{
	static const char garbage[100] = "garbage";

	(void)answer, (void)error, (void)context;
	for (int fd = 3; fd < 64; fd++)
		(void)!write(fd, garbage, sizeof(garbage));
	_exit(0);
}

static int run(struct worker worker, struct error *error)
{
	cleanup(answer_free) struct answer answer = {0};

	worker.purpose = "examining a.ko";
	return worker_run(&worker, &answer, error);
}

static void expect_failure(struct worker worker, int code, const char *part)
{
	struct error error = {0};

	assert_int_equal(run(worker, &error), code);
	assert_error(&error, 0, part);
}

static void an_answer_comes_back(void **state)
{
	cleanup(answer_free) struct answer answer = {0};
	struct error error = {0};
	int number = 21;
	struct worker worker = {.purpose = "doubling", .work = double_it, .context = &number};
	uint64_t twice;

	(void)state;
	assert_int_equal(worker_run(&worker, &answer, &error), 0);
	assert_int_equal(answer_number(&answer, &twice), 0);
	assert_int_equal(twice, 42);
	assert_int_equal(answer_end(&answer), 0);
}

static void an_error_comes_back(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(run((struct worker){.work = fail_politely}, &error), -EINVAL);
	assert_int_equal(error.exit_status, 8);
	assert_string_equal(error.message, "It is no module.");
	error_clear(&error);
}

static void what_goes_wrong_names_the_purpose(void **state)
{
	(void)state;
	expect_failure((struct worker){.work = abort_it}, -EPIPE,
		       "The process for examining a.ko died (Aborted)");
	expect_failure((struct worker){.work = hang, .seconds = 1}, -ETIMEDOUT,
		       "The process for examining a.ko did not end within 1 seconds");
	expect_failure((struct worker){.work = flood_messages}, -EFBIG,
		       "The process for examining a.ko said too much");
	expect_failure((struct worker){.work = flood_answer, .answer_limit = 1000}, -EFBIG,
		       "The process for examining a.ko said too much");
	expect_failure((struct worker){.work = answer_garbage}, -EPROTO,
		       "The process for examining a.ko answered nonsense");
}

/* What it said is shown, and cannot do anything to a terminal. */
static void last_words_are_shown(void **state)
{
	struct error error = {0};

	(void)state;
	assert_true(run((struct worker){.work = abort_it}, &error) < 0);
	assert_non_null(strstr(error.message, "ELF"));
	assert_null(strchr(error.message, '\33'));
	error_clear(&error);
}

static void messages_do_not_block(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(run((struct worker){.work = print_much}, &error), 0);
}

/* What a worker must not be able to do, each with its canary: it answers what it could. */
struct temptation {
	const char *secret, *readable;
	int extra_fd;
	pid_t parent;
};

static int try_all(void *context, struct answer *answer, struct error *error)
{
	const struct temptation *try = context;
	char byte;

	(void)error;
	answer_put_number(answer, open(try->secret, O_RDONLY | O_CLOEXEC) >= 0);
	answer_put_number(answer, open(try->readable, O_RDONLY | O_CLOEXEC) >= 0);
	answer_put_number(answer,
			  open("/tmp/.dkms-worker-was-here", O_CREAT | O_WRONLY, 0600) >= 0);
	answer_put_number(answer, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	answer_put_number(answer, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	answer_put_number(answer, read(try->extra_fd, &byte, 1) == 1);
	answer_put_number(answer, kill(try->parent, 0) == 0);
	answer_put_number(answer, fork() >= 0);
	answer_put_number(answer, unshare(CLONE_NEWUSER) == 0);
	answer_put_number(answer, setresuid(0, 0, 0) == 0);
	answer_put_number(answer, geteuid() == 0);
	answer_put_number(answer, text_equal(getenv("KBUILD_SIGN_PIN"), "1234"));
	return 0;
}

enum { SECRET, READABLE, TEMPTATIONS = 12 };

static void tempt(struct worker worker, bool may_read)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *secret = path_join(scratch, "secret", NULL);
	cleanup(free_string) char *readable = path_join(scratch, "readable", NULL);
	cleanup(answer_free) struct answer answer = {0};
	struct error error = {0};

	scratch_write(scratch, "secret", "canary");
	scratch_write(scratch, "readable", "text");
	assert_int_equal(chmod(scratch, 0755), 0);
	assert_int_equal(chmod(secret, 0600), 0);
	assert_int_equal(chmod(readable, 0644), 0);
	cleanup(close_fd) int open_secret = open(secret, O_RDONLY | O_CLOEXEC);
	struct temptation temptation = {secret, readable, fcntl(open_secret, F_DUPFD_CLOEXEC, 200),
					getpid()};

	assert_int_equal(setenv("KBUILD_SIGN_PIN", "1234", 1), 0);
	worker.purpose = "temptation";
	worker.work = try_all;
	worker.context = &temptation;
	if (worker_run(&worker, &answer, &error) < 0)
		fail_msg("%s", error.message);
	for (int i = 0; i < TEMPTATIONS; i++) {
		uint64_t could;

		assert_int_equal(answer_number(&answer, &could), 0);
		if (could != (i == READABLE ? may_read : 0) && !(i == SECRET && geteuid() != 0))
			fail_msg("temptation %d: %d", i, (int)could);
	}
	close_fd(&temptation.extra_fd);
}

static void a_computing_worker_reaches_nothing(void **state)
{
	(void)state;
	tempt((struct worker){0}, false);
}

static void a_reading_worker_reads_what_anybody_may(void **state)
{
	(void)state;
	tempt((struct worker){.opens_files = true}, true);
}

static int read_kept(void *context, struct answer *answer, struct error *error)
{
	char text[16] = "";

	(void)error;
	if (read(*(int *)context, text, sizeof(text) - 1) < 0)
		return -errno;
	answer_put_text(answer, text);
	return 0;
}

static void named_descriptors_stay_open(void **state)
{
	cleanup(answer_free) struct answer answer = {0};
	cleanup(free_string) char *text = NULL;
	struct error error = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "hello", 5), 5);
	struct worker worker = {.purpose = "reading",
				.work = read_kept,
				.context = &ends[0],
				.fds = ends,
				.fd_count = 1};

	assert_int_equal(worker_run(&worker, &answer, &error), 0);
	assert_int_equal(answer_text(&answer, &text, 16), 0);
	assert_string_equal(text, "hello");
	close_fd(&ends[0]);
	close_fd(&ends[1]);
}

static int say_id(void *context, struct answer *answer, struct error *error)
{
	(void)context, (void)error;
	answer_put_number(answer, geteuid());
	answer_put_number(answer, getegid());
	return 0;
}

static uint64_t id_of(uid_t wanted)
{
	cleanup(answer_free) struct answer answer = {0};
	struct worker worker = {.purpose = "id", .work = say_id, .id = wanted};
	struct error error = {0};
	uint64_t user, group;

	assert_int_equal(worker_run(&worker, &answer, &error), 0);
	assert_int_equal(answer_number(&answer, &user), 0);
	assert_int_equal(answer_number(&answer, &group), 0);
	assert_int_equal(user, group);
	return user;
}

static void ids_are_nobody_elses(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	uint64_t one = id_of(0), other = id_of(0);

	assert_true(one >= 65000);
	assert_true(one != other);
	assert_int_equal(id_of(65123), 65123);
}

/* A signal to dkms ends the worker at once. */
static void signals_stay_live(void **state)
{
	struct error error = {0};
	int status;

	(void)state;
	pid_t dkms = fork();

	if (dkms == 0) {
		if (interrupt_install(&error) < 0)
			_exit(1);
		(void)raise(SIGTERM);
		int code = run((struct worker){.work = hang}, &error);

		_exit(code == -EINTR && error.exit_status == 128 + SIGTERM ? 0 : 2);
	}
	assert_int_equal(waitpid(dkms, &status, 0), dkms);
	assert_int_equal(status, 0);
}

static int say_pid_and_hang(void *context, struct answer *answer, struct error *error)
{
	(void)answer, (void)error;
	pid_t pid = getpid();

	(void)!write(*(int *)context, &pid, sizeof(pid));
	return hang(NULL, NULL, NULL);
}

/* SIGKILL for dkms leaves nothing behind. */
static void a_worker_ends_with_its_parent(void **state)
{
	struct error error = {0};
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pid_t dkms = fork();

	if (dkms == 0)
		_exit(run((struct worker){.work = say_pid_and_hang,
					  .context = &ends[1],
					  .fds = &ends[1],
					  .fd_count = 1},
			  &error) == 0);
	assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	assert_int_equal(kill(dkms, SIGKILL), 0);
	assert_int_equal(waitpid(dkms, &status, 0), dkms);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close_fd(&ends[0]);
	close_fd(&ends[1]);
}

static int call_what_is_new(void *context, struct answer *answer, struct error *error)
{
	enum { FCHMODAT2 = 452, OPENAT2 = 437, FROM_THE_FUTURE = 4000 };

	(void)context, (void)error;
	answer_put_number(answer, syscall(FCHMODAT2, -1, "", 0, 0) < 0 ? (uint64_t)errno : 0);
	answer_put_number(answer, syscall(OPENAT2, -1, "", NULL, 0) < 0 ? (uint64_t)errno : 0);
	answer_put_number(answer, syscall(FROM_THE_FUTURE) < 0 ? (uint64_t)errno : 0);
	return 0;
}

/* A libc that knows newer calls tries older ones then. */
static void refused_calls_look_like_those_that_a_kernel_lacks(void **state)
{
	cleanup(answer_free) struct answer answer = {0};
	struct error error = {0};
	const struct worker worker = {.purpose = "new calls", .work = call_what_is_new};

	(void)state;
	assert_int_equal(worker_run(&worker, &answer, &error), 0);
	for (int i = 0; i < 3; i++) {
		uint64_t code;

		assert_int_equal(answer_number(&answer, &code), 0);
		assert_int_equal(code, ENOSYS);
	}
}

/* One that cannot be started or confined does not run. */
static void no_confinement_is_an_error(void **state)
{
	int number = 1;

	(void)state;
	if (geteuid() == 0)
		expect_failure(
			(struct worker){.work = double_it, .context = &number, .id = (uid_t)-1},
			-EINVAL, "The process for examining a.ko cannot be confined: user id");
}

static void values_come_back_in_order(void **state)
{
	cleanup(answer_free) struct answer answer = {0};
	cleanup(free_string) char *text = NULL, *none = NULL, *empty = NULL, *bytes = NULL;
	uint64_t number;
	size_t length;

	(void)state;
	answer_put_number(&answer, UINT64_MAX);
	answer_put_text(&answer, "hello");
	answer_put_text(&answer, NULL);
	answer_put_text(&answer, "");
	answer_put_bytes(&answer, "a\0b", 3);
	assert_int_equal(answer_number(&answer, &number), 0);
	assert_true(number == UINT64_MAX);
	assert_int_equal(answer_text(&answer, &text, 5), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(answer_text(&answer, &none, 5), 0);
	assert_null(none);
	assert_int_equal(answer_text(&answer, &empty, 5), 0);
	assert_string_equal(empty, "");
	assert_int_equal(answer_end(&answer), -EPROTO);
	assert_int_equal(answer_bytes(&answer, &bytes, &length, 3), 0);
	assert_int_equal(length, 3);
	assert_memory_equal(bytes, "a\0b", 4);
	assert_int_equal(answer_end(&answer), 0);
}

static void wrong_types_and_sizes_are_refused(void **state)
{
	cleanup(answer_free) struct answer answer = {0};
	char *text = NULL;
	uint64_t number;
	size_t length;

	(void)state;
	assert_int_equal(answer_number(&answer, &number), -EPROTO);
	answer_put_text(&answer, "hello");
	assert_int_equal(answer_number(&answer, &number), -EPROTO);
	answer_put_text(&answer, "hello");
	assert_int_equal(answer_text(&answer, &text, 4), -EPROTO);
	answer_put_bytes(&answer, "hello", 5);
	assert_int_equal(answer_bytes(&answer, &text, &length, 4), -EPROTO);
	answer_put_number(&answer, 1);
	assert_int_equal(answer_text(&answer, &text, 100), -EPROTO);
}

/* Bytes as a worker that somebody took over could send them. */
static void lies_about_lengths_are_refused(void **state)
{
	static const char lies[][17] = {
		"t",
		"t\5\0\0\0\0\0\0\0hell",
		"t\xff\xff\xff\xff\xff\xff\xff\xffhello",
		"t\xf7\xff\xff\xff\xff\xff\xff\xffhello",
		"n\4\0\0\0\0\0\0\0four",
		"0\1\0\0\0\0\0\0\0x",
		"t\3\0\0\0\0\0\0\0a\0b",
	};
	static const size_t lengths[] = {1, 13, 14, 14, 13, 10, 12};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		cleanup(answer_free) struct answer answer = {0};
		char *text = NULL;
		uint64_t number;

		buffer_add(&answer.bytes, lies[i], lengths[i]);
		assert_int_equal(answer_text(&answer, &text, 1000), -EPROTO);
		answer.position = 0;
		assert_int_equal(answer_number(&answer, &number), -EPROTO);
	}
}

UNIT_MAIN(cmocka_unit_test(an_answer_comes_back), cmocka_unit_test(an_error_comes_back),
	  cmocka_unit_test(what_goes_wrong_names_the_purpose),
	  cmocka_unit_test(last_words_are_shown), cmocka_unit_test(messages_do_not_block),
	  cmocka_unit_test(a_computing_worker_reaches_nothing),
	  cmocka_unit_test(a_reading_worker_reads_what_anybody_may),
	  cmocka_unit_test(refused_calls_look_like_those_that_a_kernel_lacks),
	  cmocka_unit_test(named_descriptors_stay_open), cmocka_unit_test(ids_are_nobody_elses),
	  cmocka_unit_test(signals_stay_live), cmocka_unit_test(a_worker_ends_with_its_parent),
	  cmocka_unit_test(no_confinement_is_an_error), cmocka_unit_test(values_come_back_in_order),
	  cmocka_unit_test(wrong_types_and_sizes_are_refused),
	  cmocka_unit_test(lies_about_lengths_are_refused))
