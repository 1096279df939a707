/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a stranger's dkms.conf can do in bash; each with the cage off too, where it succeeds. */
#include "unit.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"
#include "cage/cage.h"
#include "forget.h"

/* Evaluates a conf that tries something; what MAKE is then. Owned. */
static char *attempt(struct place *place, const char *command)
{
	cleanup(conf_evaluation_free) struct conf_evaluation evaluation = {0};
	cleanup(free_string) char *conf = text_format(
		"exec 2>/dev/null\nif %s; then MAKE=done; else MAKE=refused; fi\n"
		"PRE_BUILD=$(awk 'BEGIN { print \"bash\" }')\n",
		command);

	place_write(place, "src/dkms.conf", conf);
	if (conf_evaluate(&place->request, &evaluation, NULL, &place->error) < 0)
		fail_msg("%s", place->error.message);
	assert_int_equal(evaluation.by, EVALUATED_BASH);
	assert_string_equal(conf_values_get(&evaluation.values, "PRE_BUILD", 0), "bash");
	return xstrdup(conf_values_get(&evaluation.values, "MAKE", 0));
}

static void assert_only_without_the_cage(struct place *place, const char *command)
{
	place->settings.policy.build_sandbox = SANDBOX_REQUIRE;
	cleanup(free_string) char *caged = attempt(place, command);

	if (!text_equal(caged, "refused"))
		fail_msg("in the cage: %s", command);
	place->settings.policy.build_sandbox = SANDBOX_NO;
	cleanup(free_string) char *open = attempt(place, command);

	if (!text_equal(open, "done"))
		fail_msg("without the cage: %s", command);
}

static void write_secret(const struct place *place, const char *name)
{
	cleanup(free_string) char *path = path_join(place->root, name, NULL);

	place_write(place, name, "secret\n");
	assert_int_equal(chmod(path, 0644), 0);
}

static void nothing_is_written_and_no_key_read(void **state)
{
	struct place *place = *state;

	write_secret(place, "var/lib/dkms/mok.key");
	write_secret(place, "usr/src/own.key");
	place->settings.mok_signing_key = path_join(place->root, "usr/src/own.key", NULL);
	cleanup(free_string) char *write = text_format("echo x >%s/src/made", place->root);
	cleanup(free_string) char *tree = text_format("rm %s/var/lib/dkms/mok.key && echo x "
						      ">$dkms_tree/mok.key",
						      place->root);
	cleanup(free_string) char *key = text_format("read x <%s/var/lib/dkms/mok.key",
						     place->root);
	cleanup(free_string) char *own = text_format("read x <%s/usr/src/own.key", place->root);

	assert_only_without_the_cage(place, write);
	assert_only_without_the_cage(place, key);
	assert_only_without_the_cage(place, own);
	assert_only_without_the_cage(place, "read x </etc/shadow");
	assert_only_without_the_cage(place, tree);
	assert_only_without_the_cage(place, "test -w /usr/src");
}

static void the_network_is_out_of_reach(void **state)
{
	struct place *place = *state;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	cleanup(close_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	cleanup(free_string) char *dial = text_format("exec 9<>/dev/tcp/127.0.0.1/%d",
						      ntohs(address.sin_port));

	/* exec would end bash where it fails. */
	cleanup(free_string) char *try = text_format("(%s)", dial);

	assert_only_without_the_cage(place, try);
}

static void what_a_conf_needs_is_there(void **state)
{
	static const char *const commands[] = {
		"test -r \"$source_tree\" -a -d /proc/self -a -x /bin/sh",
		"test \"$(id -u)\" = 0 && echo x >/tmp/x && rm /tmp/x",
		"test -r /usr/include/stdio.h && grep -q . /proc/cpuinfo",
		"read x <<<\"$(head -c 200000 /dev/zero | tr '\\0' x)\"",
	};
	struct place *place = *state;

	place_write(place, "usr/src/x", "");
	place->settings.policy.build_sandbox = SANDBOX_REQUIRE;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		cleanup(free_string) char *result = attempt(place, commands[i]);

		if (!text_equal(result, "done"))
			fail_msg("%s", commands[i]);
	}
}

/* A file that is root's alone is evaluated without the cage, or, if one is required, not at all. */
static void a_closed_file(void **state)
{
	struct place *place = *state;
	struct conf_evaluation evaluation = {0};
	cleanup(free_string) char *result = attempt(place, "true");

	assert_string_equal(result, "done");
	cleanup(free_string) char *directory = path_join(place->root, "src", NULL);

	assert_int_equal(chmod(directory, 0700), 0);
	cleanup(free_string) char *again = attempt(place, "test -r /etc/shadow");

	assert_string_equal(again, "done");
	place->settings.policy.build_sandbox = SANDBOX_REQUIRE;
	assert_true(conf_evaluate(&place->request, &evaluation, NULL, &place->error) < 0);
	assert_error(&place->error, EXIT_BAD_CONF, "build_sandbox=\"require\"");
}

static void without_namespaces(void **state)
{
	struct place *place = *state;
	struct conf_evaluation evaluation = {0};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		assert_int_equal(forget_call(SYS_unshare), 0);
		cleanup(free_string) char *result = attempt(place, "true");

		assert_string_equal(result, "done");
		place->settings.policy.build_sandbox = SANDBOX_REQUIRE;
		assert_true(conf_evaluate(&place->request, &evaluation, NULL, &place->error) < 0);
		assert_error(&place->error, EXIT_BAD_CONF, "build_sandbox=\"require\"");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(nothing_is_written_and_no_key_read),
		PLACE_TEST(the_network_is_out_of_reach),
		PLACE_TEST(what_a_conf_needs_is_there),
		PLACE_TEST(a_closed_file),
		PLACE_TEST(without_namespaces),
	};

	if (getuid() != 0 || !cage_has_views()) {
		print_message("1..0 # SKIP needs root and mount namespaces\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
