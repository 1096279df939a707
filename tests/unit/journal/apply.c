/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change is killed before each of its system calls that could be seen on disk. Whatever it had
 * done by then, recovery must make the old or the new state of it, and a recovery that is killed
 * in its turn must be completed by the next one.
 */
#include "change.h"

#include <ftw.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/process.h"
#include "torture/visible_calls.h"
#include "journal/apply.h"

static bool no_exchange;

/* As in an overlay: directories that were there before cannot be renamed. The new content is new.
 */
static bool layered;
static ino_t lower[64];
static size_t lower_count;

static int note_lower(const char *path, const struct stat *info, int type, struct FTW *where)
{
	if (type == FTW_D && !text_equal(path + where->base, "one") &&
	    !text_equal(path + where->base, "two")) {
		assert_true(lower_count < sizeof(lower) / sizeof(*lower));
		lower[lower_count++] = info->st_ino;
	}
	return 0;
}

static bool is_lower(const char *path)
{
	struct stat info;

	if (!layered || lstat(path, &info) < 0 || !S_ISDIR(info.st_mode))
		return false;
	for (size_t i = 0; i < lower_count; i++)
		if (lower[i] == info.st_ino)
			return true;
	return false;
}

int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* In place of the C library's: while `no_exchange`, a file system that cannot exchange two files.
 */
int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	if (no_exchange && flags & RENAME_EXCHANGE) {
		errno = EINVAL;
		return -1;
	}
	if (is_lower(from) || (flags & RENAME_EXCHANGE && is_lower(to))) {
		errno = EXDEV;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

/* Kills in the recovery are spread over the kills before it, not tried with each of them. */
enum { RECOVERY_STRIDE = 11 };

/* Two kills in a row begin with every N-th call: every call with DKMS_TORTURE=whole. */
static unsigned int stride(void)
{
	const char *wanted = getenv("DKMS_TORTURE");

	return wanted && text_equal(wanted, "whole") ? 1 : 5;
}

/* The first call of the sample, which changes with each commit (tests/run). */
static unsigned int first_call(void)
{
	const char *turn = getenv("DKMS_TEST_TURN");

	return 1 + (unsigned int)(turn ? strtoul(turn, NULL, 10) : 0) % stride();
}

/* For steps, which run in a child. */
static void must(int code, const struct error *error)
{
	if (code < 0) {
		(void)fprintf(stderr, "%s\n", error->message);
		_exit(1);
	}
}

/* One operation of each kind, over something and over nothing, and new directories. */
static void change(const struct fixture *fixture)
{
	cleanup(free_string) char *file = fixture_path(fixture, "file");
	cleanup(free_string) char *old = fixture_path(fixture, "lib/a");
	cleanup(free_string) char *new = fixture_path(fixture, "lib/new/sub/b");
	cleanup(free_string) char *link = fixture_path(fixture, "lib/link");
	cleanup(free_string) char *gone = fixture_path(fixture, "lib/gone");
	cleanup(free_string) char *tree = fixture_path(fixture, "lib/tree");
	cleanup(free_string) char *one = fixture_path(fixture, "one");
	cleanup(free_string) char *module = fixture_path(fixture, "lib/module");
	cleanup(free_string) char *two = fixture_path(fixture, "two");
	cleanup(free_string) char *stub = fixture_path(fixture, "lib/stub");
	cleanup(free_string) char *last = fixture_path(fixture, "lib/emptied/by/file");
	cleanup(free_string) char *emptied = fixture_path(fixture, "lib/emptied/by");
	cleanup(free_string) char *newer = fixture_path(fixture, "var/lib/dkms/foo/module");
	struct transaction *t = transaction_begin(&fixture->settings, "change", "6.1");
	struct error error = {0};

	must(transaction_put_file(t, file, old, &error), &error);
	must(transaction_put_data(t, "new b", 5, 0600, new, &error), &error);
	must(transaction_put_link(t, "new", link, &error), &error);
	must(transaction_remove(t, gone, &error), &error);
	must(transaction_remove(t, tree, &error), &error);
	must(transaction_put_directory(t, one, module, &error), &error);
	must(transaction_put_directory(t, two, newer, &error), &error);
	must(transaction_remove(t, stub, &error), &error);
	must(transaction_put_link(t, "module", stub, &error), &error);
	must(transaction_remove(t, last, &error), &error);
	must(transaction_prune(t, emptied, fixture->root, &error), &error);
	must(transaction_apply(t, &error), &error);
	must(transaction_commit(t, &error), &error);
	transaction_free(t);
}

/* Whoever looks for what is replaced finds it at any instant. */
static void expect_no_gap(const struct fixture *fixture)
{
	cleanup(free_string) char *module = fixture_path(fixture, "lib/module");
	cleanup(free_string) char *stub = fixture_path(fixture, "lib/stub");

	if (!no_exchange && !layered) {
		assert_true(file_is_directory(module));
		assert_true(file_exists_nofollow(stub));
	}
}

/* The same change, given up after it was applied. */
static void change_and_roll_back(const struct fixture *fixture)
{
	cleanup(free_string) char *path = fixture_path(fixture, "lib/a");
	cleanup(free_string) char *new = fixture_path(fixture, "lib/new/b");
	cleanup(free_string) char *one = fixture_path(fixture, "one");
	cleanup(free_string) char *module = fixture_path(fixture, "lib/module");
	struct transaction *t = transaction_begin(&fixture->settings, "change", "6.1");
	struct error error = {0};

	must(transaction_put_data(t, "new a", 5, 0600, path, &error), &error);
	must(transaction_put_data(t, "new b", 5, 0600, new, &error), &error);
	must(transaction_put_directory(t, one, module, &error), &error);
	must(transaction_apply(t, &error), &error);
	must(transaction_rollback(t, &error), &error);
	transaction_free(t);
}

static void recover(const struct fixture *fixture)
{
	struct error error = {0};

	must(transactions_recover(&fixture->settings, NULL, &error), &error);
}

static void note_all_lower(const struct fixture *fixture)
{
	lower_count = 0;
	assert_int_equal(nftw(fixture->root, note_lower, 16, FTW_PHYS), 0);
}

/* Puts the root back to what template holds. */
static void reset(const struct fixture *fixture, const char *template)
{
	struct error error = {0};

	if (directory_remove(fixture->root, &error) < 0 ||
	    directory_copy(template, fixture->root, &error) < 0)
		fail_msg("%s", error.message);
	note_all_lower(fixture);
}

typedef void step(const struct fixture *fixture);

/*
 * Runs a step in a process that is killed before its kill_at-th visible call (from 1). False if it
 * ended before that, which it must do with status 0.
 */
static bool run_and_kill(step *run, const struct fixture *fixture, unsigned int kill_at)
{
	struct __ptrace_syscall_info info;
	unsigned int calls = 0;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP))
			_exit(77);
		run(fixture);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(
		ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	for (;;) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFSTOPPED(status)) {
			assert_int_equal(process_exit_status(status), 0);
			return false;
		}
		assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY &&
		    can_be_seen_on_disk(info.entry.nr, (const uint64_t *)info.entry.args) &&
		    ++calls == kill_at)
			break;
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return true;
}

struct outcomes {
	unsigned int old, new;
};

/* After a recovery the fixture is in one of two states, and holds nothing else. */
static void expect_either(const struct fixture *fixture, const char *old, const char *new,
			  unsigned int killed_at, struct outcomes *outcomes)
{
	cleanup(free_string) char *now = snapshot(fixture);
	cleanup(free_string) char *journals = journal_files(fixture);

	assert_string_equal(journals, "");
	if (text_equal(now, old))
		outcomes->old++;
	else if (text_equal(now, new))
		outcomes->new ++;
	else
		fail_msg("killed at %u: %s", killed_at, now);
}

struct scenario {
	const struct fixture *fixture;
	char *template; /* a copy of the root in the old state */
	char *old, *new;
};

static struct scenario prepare(const struct fixture *fixture, step *run)
{
	struct scenario scenario = {.fixture = fixture};
	struct error error = {0};

	write_old(fixture);
	scratch_write(fixture->root, "lib/stub/conf", "old stub");
	scenario.template = text_format("%s.template", fixture->root);
	if (directory_copy(fixture->root, scenario.template, &error) < 0)
		fail_msg("%s", error.message);
	scenario.old = snapshot(fixture);
	note_all_lower(fixture);
	assert_false(run_and_kill(run, fixture, 0));
	scenario.new = snapshot(fixture);
	return scenario;
}

static void scenario_release(struct scenario *scenario)
{
	struct error error = {0};

	if (directory_remove(scenario->template, &error) < 0)
		fail_msg("%s", error.message);
	free(scenario->template);
	free(scenario->old);
	free(scenario->new);
}

static void killed_at_every_call(void **state)
{
	cleanup(scenario_release) struct scenario scenario = prepare(*state, change);
	struct outcomes outcomes = {0};
	unsigned int kill_at = 1;

	assert_string_not_equal(scenario.old, scenario.new);
	for (;; kill_at++) {
		reset(scenario.fixture, scenario.template);
		if (!run_and_kill(change, scenario.fixture, kill_at))
			break;
		expect_no_gap(scenario.fixture);
		assert_false(run_and_kill(recover, scenario.fixture, 0));
		expect_either(scenario.fixture, scenario.old, scenario.new, kill_at, &outcomes);
	}
	print_message("killed at %u calls: %u times the old state, %u times the new\n", kill_at - 1,
		      outcomes.old, outcomes.new);
	assert_true(outcomes.old > 0 && outcomes.new > 0);
}

/* Where the file system cannot exchange a directory for another, there are two renames. */
static void killed_without_exchange(void **state)
{
	no_exchange = true;
	killed_at_every_call(state);
	no_exchange = false;
}

/* Where it cannot rename directories either, what they hold is moved. */
static void killed_in_layers(void **state)
{
	layered = true;
	killed_at_every_call(state);
	layered = false;
}

static void rollback_killed_at_every_call(void **state)
{
	cleanup(scenario_release) struct scenario scenario = prepare(*state, change_and_roll_back);
	struct outcomes outcomes = {0};

	assert_string_equal(scenario.old, scenario.new);
	for (unsigned int kill_at = 1;; kill_at++) {
		reset(scenario.fixture, scenario.template);
		if (!run_and_kill(change_and_roll_back, scenario.fixture, kill_at))
			break;
		assert_false(run_and_kill(recover, scenario.fixture, 0));
		expect_either(scenario.fixture, scenario.old, scenario.new, kill_at, &outcomes);
	}
	assert_true(outcomes.old > 0);
}

static void rollback_killed_in_layers(void **state)
{
	layered = true;
	rollback_killed_at_every_call(state);
	layered = false;
}

/* Once all is put back, what others make where the change had put something is theirs. */
static void rollback_leaves_later_files_alone(void **state)
{
	cleanup(scenario_release) struct scenario scenario = prepare(*state, change_and_roll_back);
	unsigned int seen = 0;

	for (unsigned int kill_at = 1;; kill_at++) {
		cleanup(free_string) char *foreign = fixture_path(scenario.fixture, "lib/new/b");

		reset(scenario.fixture, scenario.template);
		if (!run_and_kill(change_and_roll_back, scenario.fixture, kill_at))
			break;
		cleanup(free_string) char *journals = journal_files(scenario.fixture);

		if (!strstr(journals, ".undone"))
			continue;
		seen++;
		scratch_write(scenario.fixture->root, "lib/new/b", "foreign");
		assert_false(run_and_kill(recover, scenario.fixture, 0));
		assert_true(file_exists(foreign));
	}
	assert_true(seen > 0);
}

static void recovery_killed_too(void **state)
{
	cleanup(scenario_release) struct scenario scenario = prepare(*state, change);
	const struct fixture *fixture = scenario.fixture;
	struct outcomes outcomes = {0};
	bool killed_in_change = true;
	unsigned int runs = 0;

	for (unsigned int first = first_call(); killed_in_change; first += stride()) {
		bool killed_in_recovery = true;

		for (unsigned int second = 1 + first % RECOVERY_STRIDE;
		     killed_in_recovery && killed_in_change; second += RECOVERY_STRIDE) {
			reset(fixture, scenario.template);
			killed_in_change = run_and_kill(change, fixture, first);
			killed_in_recovery = run_and_kill(recover, fixture, second);
			assert_false(run_and_kill(recover, fixture, 0));
			expect_either(fixture, scenario.old, scenario.new, first, &outcomes);
			runs++;
		}
	}
	print_message("killed twice %u times: %u times the old state, %u times the new\n", runs,
		      outcomes.old, outcomes.new);
	assert_true(outcomes.old > 0 && outcomes.new > 0);
}

static void recovery_killed_too_in_layers(void **state)
{
	layered = true;
	recovery_killed_too(state);
	layered = false;
}

/* Between the look at the target and the change somebody else may have made one. */
static void target_that_appeared_is_spared(void **state)
{
	const struct fixture *fixture = *state;
	cleanup(journal_free_handler) struct journal *journal = journal_new("change", NULL, 0);
	struct error error = {0};

	scratch_write(fixture->root, "staged", "new");
	scratch_write(fixture->root, "target", "foreign");
	journal->operations = xcalloc(1, sizeof(*journal->operations));
	journal->operation_count = 1;
	journal->operations[0] = (struct operation){.kind = OPERATION_FILE,
						    .staged = fixture_path(fixture, "staged"),
						    .backup = fixture_path(fixture, "backup"),
						    .target = fixture_path(fixture, "target")};
	cleanup(close_fd) int lock = journal_lock(&fixture->settings, &error);

	assert_true(lock >= 0);
	assert_int_equal(journal_write(&fixture->settings, journal, &error), 0);
	assert_int_equal(journal_set_state(journal, JOURNAL_APPLYING, &error), 0);
	assert_int_equal(journal_apply(journal, &error), -EEXIST);
	assert_error(&error, 0, "target in its place: File exists");
	assert_int_equal(journal_rollback(journal, &error), 0);
	cleanup(free_string) char *target = fixture_path(fixture, "target");
	cleanup(free_string) char *content = NULL;

	assert_int_equal(file_read(target, 100, &content, NULL, &error), 0);
	assert_string_equal(content, "foreign");
}

UNIT_MAIN(FIXTURE_TEST(killed_at_every_call), FIXTURE_TEST(killed_without_exchange),
	  FIXTURE_TEST(killed_in_layers), FIXTURE_TEST(rollback_killed_at_every_call),
	  FIXTURE_TEST(rollback_killed_in_layers), FIXTURE_TEST(rollback_leaves_later_files_alone),
	  FIXTURE_TEST(recovery_killed_too), FIXTURE_TEST(recovery_killed_too_in_layers),
	  FIXTURE_TEST(target_that_appeared_is_spared))
