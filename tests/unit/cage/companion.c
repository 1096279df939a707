/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cage/companion.h"
#include "forget.h"
#include "scratch.h"

/* Answers each question by a command, which is the question. */
static const char evaluator[] = "while read -r; do ( . /dev/fd/10 </dev/null 12>&- ); "
				"printf '%s\\n' $? >&12; done";

static struct companion *start(void)
{
	const char *const argv[] = {"bash", "--norc", "-c", evaluator, NULL};
	const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	const struct companion_request request = {
		.purpose = "trying", .argv = (char *const *)argv, .env = (char *const *)env};
	struct companion *companion = NULL;
	struct error error = {0};

	if (companion_start(&request, &companion, &error) < 0)
		fail_msg("%s", error.message);
	return companion;
}

static int ask(struct companion *companion, const char *command, struct companion_reply *ret,
	       struct error *error)
{
	return companion_ask(companion, command, strlen(command), 2, 100000, ret, error);
}

/* The command's answer and status are these. */
static void expect(struct companion *companion, const char *command, const char *answer, int status)
{
	cleanup(companion_reply_free) struct companion_reply reply = {0};
	struct error error = {0};

	if (ask(companion, command, &reply, &error) < 0)
		fail_msg("%s: %s", command, error.message);
	assert_string_equal(reply.answer.data ? reply.answer.data : "", answer);
	assert_int_equal(reply.status, status);
}

static void expect_end(const char *command, int code, const char *part)
{
	cleanup(companion_end_handler) struct companion *companion = start();
	struct companion_reply reply = {0};
	struct error error = {0};

	assert_int_equal(ask(companion, command, &reply, &error), code);
	assert_error(&error, 0, part);
	assert_true(ask(companion, "true", &reply, &error) < 0);
	assert_error(&error, 0, "trying");
}

static void questions_are_answered_in_turn(void **state)
{
	cleanup(companion_end_handler) struct companion *companion = start();
	cleanup(companion_reply_free) struct companion_reply reply = {0};
	struct error error = {0};

	(void)state;
	expect(companion, "printf '%s' a >&11", "a", 0);
	expect(companion, "printf '%90000s' | tr ' ' b | tail -c 3 >&11; exit 7", "bbb", 7);
	expect(companion, "exit 3", "", 3);
	assert_int_equal(ask(companion, "printf '%90000s' >&2", &reply, &error), 0);
	assert_int_equal(reply.messages.length, 90000);
}

static void what_goes_wrong_ends_it(void **state)
{
	(void)state;
	expect_end("while :; do echo aaaaaaaaaaaaaaaaaaa; done >&2", -EFBIG,
		   "trying said too much");
	expect_end("printf '%100001s' >&11", -EFBIG, "trying said too much");
	expect_end("sleep 1000", -ETIMEDOUT, "trying did not end within 2 seconds");
	expect_end("f() { f | f & }; f; sleep 1000", -ETIMEDOUT, "trying did not end");
}

static void it_has_no_rights(void **state)
{
	cleanup(companion_end_handler) struct companion *companion = start();

	(void)state;
	expect(companion, "grep -h '^Cap[EPAI]' /proc/self/status | grep -c '0000000$' >&11", "4\n",
	       0);
	expect(companion, "grep '^NoNewPrivs' /proc/self/status | grep -o '[01]' >&11", "1\n", 0);
	expect(companion, "(: </dev/tcp/127.0.0.1/1) 2>&1 | grep -q 'not permitted'; echo $? >&11",
	       "0\n", 0);
	expect(companion, "setsid true 2>&1 | grep -q 'not permitted'; echo $? >&11", "0\n", 0);
	expect(companion, "ls /proc/self/fd | sort -n | tail -n +5 | tr '\\n' ' ' >&11", "10 11 ",
	       0);
	if (geteuid() != 0)
		return;
	expect(companion, "[ $(id -u) -gt 65000 ]; echo $? >&11", "0\n", 0);
	expect(companion, "echo x >/tmp/.dkms-companion; echo $? >&11", "1\n", 0);
	expect(companion, "echo x >" COMPANION_MEMORY "/x; echo $? >&11", "0\n", 0);
	expect(companion, "[ $(ls -d /proc/[0-9]* | wc -l) -lt 9 ]; echo $? >&11", "0\n", 0);
}

/* A system that has no namespaces to offer: the rights are no more than before. */
static void without_namespaces(void **state)
{
	int status;

	(void)state;
	pid_t pid = fork();

	if (pid == 0) {
		if (forget_call(SYS_unshare) < 0)
			_exit(1);
		cleanup(companion_end_handler) struct companion *companion = start();

		expect(companion, "[ $(id -u) -gt 65000 ] || [ $UID = $EUID ]; echo $? >&11", "0\n",
		       0);
		expect(companion, "[ -r /etc/shadow ]; echo $? >&11", "1\n", 0);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* What fails just now is no reason to run it with more rights. */
static void a_shortage_is_an_error(void **state)
{
	int status;

	(void)state;
	pid_t pid = fork();

	if (pid == 0) {
		const char *const argv[] = {"true", NULL};
		const struct companion_request request = {
			.purpose = "trying", .argv = (char *const *)argv, .env = NULL};
		struct companion *companion = NULL;
		bool good = true;

		for (rlim_t files = 3; files < 16 && good; files++) {
			const struct rlimit limit = {files, files};
			struct error error = {0};

			(void)setrlimit(RLIMIT_NOFILE, &limit);
			good = companion_start(&request, &companion, &error) < 0 &&
			       strstr(error.message, "trying");
			error_clear(&error);
		}
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* In a child: the companion does not run, or it has no rights. */
static int try_without(unsigned int call, unsigned int code)
{
	static const char question[] = "[ $(id -u) = 0 ] || cat /etc/shadow || echo good >&11";
	const char *const argv[] = {"bash", "--norc", "-c", evaluator, NULL};
	const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	const struct companion_request request = {
		.purpose = "trying", .argv = (char *const *)argv, .env = (char *const *)env};
	struct companion *companion = NULL;
	struct companion_reply reply = {0};
	struct error error = {0};

	if (fail_call(call, code) < 0)
		return 1;
	if (companion_start(&request, &companion, &error) < 0)
		return 0;
	if (companion_ask(companion, question, strlen(question), 20, 1000, &reply, &error) == 0 &&
	    !text_equal(reply.answer.data, "good\n"))
		return 2;
	companion_end(companion);
	return 0;
}

static void a_failing_call_leaves_no_rights(void **state)
{
	static const unsigned int calls[] = {
		SYS_setgroups, SYS_setresgid, SYS_setresuid,     SYS_capset,      SYS_prlimit64,
		SYS_seccomp,   SYS_unshare,   SYS_mount_setattr, SYS_mount,       SYS_keyctl,
		SYS_clone,     SYS_fcntl,     SYS_memfd_create,  SYS_close_range, SYS_execve,
	};
	static const unsigned int codes[] = {EPERM, EAGAIN, EMFILE, ENOMEM};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		for (size_t j = 0; j < sizeof(codes) / sizeof(*codes); j++) {
			int status;
			pid_t pid = fork();

			if (pid == 0)
				_exit(try_without(calls[i], codes[j]));
			assert_int_equal(waitpid(pid, &status, 0), pid);
			if (status)
				fail_msg("call %u, errno %u: %d", calls[i], codes[j], status);
		}
}

UNIT_MAIN(cmocka_unit_test(a_failing_call_leaves_no_rights),
	  cmocka_unit_test(questions_are_answered_in_turn),
	  cmocka_unit_test(what_goes_wrong_ends_it), cmocka_unit_test(it_has_no_rights),
	  cmocka_unit_test(without_namespaces), cmocka_unit_test(a_shortage_is_an_error))
