/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each refusal is tried outside the cage too, where it must succeed: the test can fail. */
#include "unit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cage/fixture.h"
#include "forget.h"

static void statuses_and_signals(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);

	(void)state;
	assert_int_equal(run(f, "true", ""), 0);
	assert_int_equal(run(f, "exit 7", ""), 7);
	assert_int_equal(run(f, "kill -9 $$", ""), 128 + SIGKILL);
}

static void missing_program_is_an_error(void **state)
{
	static const char *const argv[] = {"/nonexistent/program", NULL};
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	const struct process process = {.argv = (char *const *)argv};
	struct error error = {0};
	int status;

	(void)state;
	assert_int_equal(cage_run(f->cage, &process, none, &status, &error), -ENOENT);
	assert_error(&error, 0, "/nonexistent/program");
}

static void root_inside_is_nobody_outside(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	cleanup(free_string) char *made = path_join(f->build, "made", NULL);
	struct stat info;

	(void)state;
	assert_true(f->cage->owner >= 0x70000000);
	assert_int_equal(run(f, "test $(id -u) = 0 && echo > made && chown 7:8 made", ""), 0);
	assert_int_equal(stat(made, &info), 0);
	assert_int_equal(info.st_uid, f->cage->owner + 7);
	assert_int_equal(info.st_gid, f->cage->owner + 8);
}

static void writes_outside_are_refused(void **state)
{
	static const char touch[] = "echo > \"$1/made\" && rm \"$1/made\"";
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	cleanup(fixture_free_handler) struct fixture *open = caged(CAGE_VIEW);

	(void)state;
	assert_int_equal(run(f, touch, f->shown_build), 0);
	assert_int_equal(run(f, touch, "/tmp"), 0);
	assert_int_equal(run(f, touch, "/var/tmp"), 0);
	assert_int_equal(run(f, touch, "/dev/shm"), 0);
	assert_int_not_equal(run(f, touch, f->home), 0);
	assert_int_not_equal(run(f, touch, f->tree), 0);
	assert_int_not_equal(run(f, touch, "/etc"), 0);
	assert_int_not_equal(run(f, touch, "/usr/src"), 0);
	assert_int_not_equal(run(f, "mount -o remount,rw /", ""), 0);
	assert_int_not_equal(run(f, "umount \"$1\"", f->home), 0);
	assert_int_not_equal(run(f, "echo core > /proc/sys/kernel/core_pattern", ""), 0);
	/* World-writable, so that only the read-only mount refuses. */
	assert_int_equal(chmod(f->tree, 0777), 0);
	assert_int_not_equal(run(f, touch, f->tree), 0);
	assert_int_equal(run(open, touch, open->tree), 0);
}

static void secrets_are_unreadable_whatever_their_mode(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	cleanup(fixture_free_handler) struct fixture *open = caged(CAGE_VIEW);

	(void)state;
	assert_int_not_equal(run(f, "cat \"$1\"", f->key), 0);
	assert_int_equal(run(open, "cat \"$1\"", open->key), 0);
	assert_int_not_equal(run(f, "cat /etc/shadow", ""), 0);
	assert_int_equal(run(open, "cat /etc/shadow", ""), 0);
}

static void tmp_is_private_but_lasts(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	cleanup(free_string) char *name = path_join("/tmp", path_basename(f->scratch), NULL);
	cleanup(free_string) char *other = text_format("%s-other", name);

	(void)state;
	assert_int_equal(run(f, "echo > \"$1\"", other), 0);
	assert_int_equal(run(f, "test -e \"$1\"", other), 0);
	assert_false(file_exists(other));
}

static void tmp_has_an_end(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);

	(void)state;
	assert_int_not_equal(run(f, "truncate -s 0 /tmp/x && fallocate -l 10T /tmp/x", ""), 0);
	assert_int_equal(run(f,
			     "test $(df --output=size -k /tmp | tail -1) -lt "
			     "$(awk '/MemTotal/ {print $2}' /proc/meminfo)",
			     ""),
			 0);
}

/* A listener on the loopback of the host; its port as text, owned. */
static int listen_on_loopback(char **ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = text_format("%d", ntohs(address.sin_port));
	return fd;
}

static void network_only_where_allowed(void **state)
{
	static const char dial[] = "exec 3<>/dev/tcp/127.0.0.1/$1";
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	cleanup(fixture_free_handler) struct fixture *networked = fixture_new();
	cleanup(free_string) char *port = NULL;
	cleanup(close_fd) int listener = listen_on_loopback(&port);

	(void)state;
	(void)listener;
	networked->request.network = true;
	fixture_open(networked, CAGE_FULL);
	assert_int_not_equal(run(f, dial, port), 0);
	assert_int_equal(run(networked, dial, port), 0);
}

/* With the network come the files of resolvers, not the sockets of all daemons. */
static void run_is_private_even_with_the_network(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	char marker[] = "/run/dkms-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(marker));
	f->request.network = true;
	fixture_open(f, CAGE_FULL);
	int hidden = run(f, "! test -e \"$1\"", marker);

	assert_int_equal(rmdir(marker), 0);
	assert_int_equal(f->cage->kind, CAGE_FULL);
	assert_int_equal(hidden, 0);
}

static bool at_end(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 0;
}

static void nothing_outlives_a_command(void **state)
{
	static const char daemonize[] = "(setsid sleep 1000 &) ; exit 3";
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	const int keep[2] = {ends[1], -1};

	assert_int_equal(run_with(f, daemonize, "", keep), 3);
	(void)close(ends[1]);
	assert_true(at_end(ends[0])); /* waits for ever if somebody still holds it */
	(void)close(ends[0]);
}

static void nothing_outlives_dkms(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();

	if (pid == 0) {
		cleanup(free_string) char *number = text_format("%d", ends[1]);
		const int keep[2] = {ends[1], -1};

		(void)run_with(f, "echo >&$1; sleep 1000", number, keep);
		_exit(0);
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(at_end(ends[0]));
	(void)close(ends[0]);
}

static void other_processes_are_out_of_reach(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);

	(void)state;
	assert_int_equal(run(f, "test $(ls -d /proc/[0-9]* | wc -l) -le 5", ""), 0);
	assert_int_not_equal(run(f, "kill -9 1; ls /proc/1/fd", ""), 0);
	assert_int_not_equal(run(f, "cat /proc/1/mem", ""), 0);
}

static void no_capability_but_over_own_files(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);

	(void)state;
	/* CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID */
	assert_int_equal(run(f, "grep -qx $'CapEff:\\t00000000000000fb' /proc/self/status", ""), 0);
	assert_int_equal(run(f, "grep -qx $'CapBnd:\\t00000000000000fb' /proc/self/status", ""), 0);
	assert_int_not_equal(run(f, "mknod node c 1 3", ""), 0);
}

static void descriptors_to_keep_and_no_others(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
	cleanup(close_fd) int leaked = dup(0);
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	cleanup(free_string) char *kept = text_format("%d", ends[1]);
	cleanup(free_string) char *other = text_format("%d", leaked);

	assert_int_equal(run_with(f, "test -e /proc/self/fd/$1", kept, ends), 0);
	assert_int_not_equal(run_with(f, "test -e /proc/self/fd/$1", other, ends), 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* In a child with a soft limit below the hard one. */
static void file_limit_is_raised(void **state)
{
	static const char check[] = "test $(ulimit -Sn) = $(ulimit -Hn) && test $(umask) = 0022";
	struct rlimit limit;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
		limit.rlim_cur = 64;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		for (enum cage_kind kind = CAGE_NONE; kind <= CAGE_FULL; kind++) {
			cleanup(fixture_free_handler) struct fixture *f = caged(kind);

			assert_int_equal(run(f, check, ""), 0);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* In a child that has a controlling terminal, into which nobody must be able to type. */
static void no_terminal(void **state)
{
	static const char type[] = "echo > /dev/tty";
	int status, terminal;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

	(void)state;
	if (pid == 0) {
		cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_FULL);
		cleanup(fixture_free_handler) struct fixture *open = caged(CAGE_NONE);

		_exit(run(f, type, "") == 0 || run(open, type, "") != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(terminal);
	assert_int_equal(status, 0);
}

static void views_of_one_module_do_not_meet(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = caged(CAGE_VIEW);
	struct cage_request second = f->request;
	cleanup(cage_close_handler) struct cage *cage = NULL;
	cleanup(free_string) char *view = path_join(f->home, ".dkms-build-y", NULL);
	cleanup(free_string) char *made = path_join(view, "build/only-here", NULL);

	(void)state;
	scratch_write(f->scratch, "tree/foo/1.0/.dkms-build-y/build/only-here", "");
	second.view = view;
	second.number = 1;
	assert_int_equal(cage_open(&second, &cage, &f->error), 0);
	assert_true(file_exists(made));
	assert_int_not_equal(run(f, "test -e only-here", ""), 0);
	struct cage *first = f->cage;

	f->cage = cage;
	assert_int_equal(run(f, "test -e only-here", ""), 0);
	f->cage = first;
	assert_false(file_exists(f->shown_build));
}

static void older_kernels_refuse_as_well(void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (forget_call(442 /* mount_setattr */) < 0 || forget_call(SYS_close_range) < 0)
			_exit(99);
		writes_outside_are_refused(state);
		descriptors_to_keep_and_no_others(state);
		nothing_outlives_a_command(state);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A directory above that is closed to others is none inside; of what it holds only that is seen. */
static void a_closed_directory_above_is_no_obstacle(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	scratch_write(f->scratch, "tree/other", "x");
	assert_int_equal(chmod(f->tree, 0700), 0);
	strv_remove(&f->request.visible, f->tree);
	strv_add_owned(&f->request.visible, path_parent(f->home));
	fixture_open(f, CAGE_FULL);
	assert_int_equal(f->error.code, 0);
	assert_int_equal(run(f, "echo > made && ! test -e \"$1/other\"", f->tree), 0);
}

static void of_a_hidden_directory_only_what_is_visible_is_seen(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();

	(void)state;
	scratch_write(f->scratch, "tree/other/1.0/build/module.ko", "x");
	strv_remove(&f->request.visible, f->tree);
	strv_add_owned(&f->request.visible, path_parent(f->home));
	strv_add(&f->request.hidden, f->tree);
	fixture_open(f, CAGE_FULL);
	assert_int_equal(run(f, "test \"$(ls \"$1\")\" = foo && ! mkdir \"$1/x\"", f->tree), 0);
	assert_int_equal(run(f, "echo > made", f->tree), 0);
}

/* What is needed itself and closed is an error that names it: no weaker cage. */
static void a_closed_directory_that_is_needed_is_an_error(void **state)
{
	cleanup(fixture_free_handler) struct fixture *f = fixture_new();
	cleanup(free_string) char *closed = path_join(f->scratch, "closed", NULL);

	(void)state;
	scratch_directory(f->scratch, "closed");
	assert_int_equal(chmod(closed, 0700), 0);
	f->request.readable = closed;
	strv_add(&f->request.visible, closed);
	fixture_open(f, CAGE_FULL);
	assert_null(f->cage);
	assert_non_null(strstr(f->error.message, closed));
	assert_non_null(strstr(f->error.message, "is closed to users other than root"));
}

static void give_does_not_follow_links(void **state)
{
	cleanup(scratch_remove) char *scratch = scratch_make();
	cleanup(free_string) char *inside = path_join(scratch, "inside", NULL);
	cleanup(free_string) char *file = path_join(scratch, "file", NULL);
	struct error error = {0};
	struct stat info;

	(void)state;
	scratch_write(scratch, "file", "");
	scratch_symlink(scratch, "inside/link", file);
	assert_int_equal(cage_give(inside, 12345, &error), 0);
	assert_int_equal(stat(inside, &info), 0);
	assert_int_equal(info.st_uid, 12345);
	assert_int_equal(stat(file, &info), 0);
	assert_int_equal(info.st_uid, getuid());
	assert_true(cage_give("/nonexistent/x", 1, &error) < 0);
	assert_error(&error, 0, "/nonexistent/x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_and_signals),
		cmocka_unit_test(missing_program_is_an_error),
		cmocka_unit_test(root_inside_is_nobody_outside),
		cmocka_unit_test(writes_outside_are_refused),
		cmocka_unit_test(secrets_are_unreadable_whatever_their_mode),
		cmocka_unit_test(tmp_is_private_but_lasts),
		cmocka_unit_test(tmp_has_an_end),
		cmocka_unit_test(network_only_where_allowed),
		cmocka_unit_test(run_is_private_even_with_the_network),
		cmocka_unit_test(nothing_outlives_a_command),
		cmocka_unit_test(nothing_outlives_dkms),
		cmocka_unit_test(other_processes_are_out_of_reach),
		cmocka_unit_test(no_capability_but_over_own_files),
		cmocka_unit_test(descriptors_to_keep_and_no_others),
		cmocka_unit_test(file_limit_is_raised),
		cmocka_unit_test(no_terminal),
		cmocka_unit_test(views_of_one_module_do_not_meet),
		cmocka_unit_test(older_kernels_refuse_as_well),
		cmocka_unit_test(a_closed_directory_above_is_no_obstacle),
		cmocka_unit_test(of_a_hidden_directory_only_what_is_visible_is_seen),
		cmocka_unit_test(a_closed_directory_that_is_needed_is_an_error),
		cmocka_unit_test(give_does_not_follow_links),
	};

	if (getuid() != 0 || !cages_are_possible()) {
		print_message("1..0 # SKIP needs root and mount namespaces\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
