/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * murder [-k N | -f N ERRNO] [-p PROGRAM] [-m TEXT] [-r] [-s] -o REPORT COMMAND…
 *
 * Runs a command and counts the system calls of it and all its descendants that can be seen on
 * disk (writes to pipes, terminals, stdout and stderr cannot). With -k, all of them are killed at
 * once just before the N-th (from 1), as by a power cut: nobody gets to clean up. With -f, the N-th
 * is not made but fails with ERRNO. -p counts the calls of processes of one program only, -m those
 * that hold TEXT when written as text, -r counts opening for reading and -s fsync too.
 *
 * REPORT gets two lines: how many calls there were, and the N-th as text ("rename /a /b"), empty
 * if there were fewer. The status is the command's, 128 + N if a signal ended it.
 *
 * A seccomp filter stops the processes at these calls only, so compilers run at full speed.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "visible_calls.h"

enum {
	PATH_SIZE = 4096,
	TEXT_SIZE = 2 * PATH_SIZE + 64,
	FILTER_SIZE = VISIBLE_CALLS + 8,
	TRACEES = 4096
};

struct murder {
	unsigned long number; /* of the call, 0: none */
	int failure;          /* an errno, 0: kill */
	const char *program;  /* only processes of this one, NULL: all */
	const char *match;    /* only calls with this in them, NULL: all */
	bool with_reading;
	unsigned long seen;
	char victim[TEXT_SIZE]; /* the call as text */
	pid_t tracees[TRACEES];
	size_t tracee_count;
	pid_t child;
	int status;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "murder: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* Stops this process and its descendants at the calls that count. */
static int install_filter(bool with_sync)
{
	struct sock_filter filter[FILTER_SIZE + 2];
	unsigned short length = 0;

	filter[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < VISIBLE_CALLS + (with_sync ? 2U : 0U); i++) {
		int call = i < VISIBLE_CALLS    ? visible_calls[i]
			   : i == VISIBLE_CALLS ? SYS_fsync
						: SYS_fdatasync;
		size_t left = VISIBLE_CALLS + (with_sync ? 2U : 0U) - i;

		filter[length++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call, (unsigned char)left, 0);
	}
	filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	const struct sock_fprog program = {.len = length, .filter = filter};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static pid_t start(char **command, bool with_sync)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) ||
	    install_filter(with_sync) < 0)
		_exit(77);
	(void)execvp(command[0], command);
	_exit(126);
}

/* A string of a tracee; what cannot be read is empty. */
static void read_string(pid_t pid, uint64_t address, char *text, size_t size)
{
	struct iovec to = {text, size - 1};
	struct iovec from = {(void *)(uintptr_t)address, size - 1};
	ssize_t length = process_vm_readv(pid, &to, 1, &from, 1, 0);

	if (length < 0) { /* the string ends before its page does, and there is no next one */
		to.iov_len = from.iov_len = PATH_SIZE - address % PATH_SIZE;
		if (to.iov_len > size - 1)
			to.iov_len = from.iov_len = size - 1;
		length = process_vm_readv(pid, &to, 1, &from, 1, 0);
	}
	text[length > 0 ? length : 0] = '\0';
}

static void describe_descriptor(pid_t pid, uint64_t fd, char *text, size_t size)
{
	char link[64];

	(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, (int)fd);
	ssize_t length = readlink(link, text, size - 1);

	text[length > 0 ? length : 0] = '\0';
}

static bool is_regular_file(pid_t pid, uint64_t fd)
{
	struct stat info;
	char link[64];

	(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, (int)fd);
	return stat(link, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
}

static bool is_on_descriptor(uint64_t call)
{
	return call == SYS_write || call == SYS_fsync || call == SYS_fdatasync ||
	       call == SYS_fchmod;
}

static bool is_of_program(const struct murder *murder, pid_t pid)
{
	char link[64];
	char program[PATH_SIZE];

	if (!murder->program)
		return true;
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	ssize_t length = readlink(link, program, sizeof(program) - 1);

	program[length > 0 ? length : 0] = '\0';
	return strcmp(program, murder->program) == 0;
}

static bool counts(const struct murder *murder, pid_t pid, const struct __ptrace_syscall_info *info)
{
	uint64_t call = info->seccomp.nr;

	/* What is said is no change, wherever it goes. */
	if (call == SYS_write && info->seccomp.args[0] <= STDERR_FILENO)
		return false;
	if (is_on_descriptor(call)
		    ? !is_regular_file(pid, info->seccomp.args[0])
		    : !(murder->with_reading && call == SYS_openat) &&
			      !can_be_seen_on_disk(call, (const uint64_t *)info->seccomp.args))
		return false;
	return is_of_program(murder, pid);
}

static const char *call_name(uint64_t call)
{
	static const struct {
		uint64_t call;
		const char *name;
	} names[] = {
#ifdef SYS_rename
		{SYS_rename, "rename"},       {SYS_link, "link"},
		{SYS_unlink, "unlink"},       {SYS_rmdir, "rmdir"},
		{SYS_mkdir, "mkdir"},         {SYS_symlink, "symlink"},
		{SYS_chmod, "chmod"},
#endif
		{SYS_renameat2, "renameat2"}, {SYS_linkat, "linkat"},
		{SYS_unlinkat, "unlinkat"},   {SYS_mkdirat, "mkdirat"},
		{SYS_symlinkat, "symlinkat"}, {SYS_fchmod, "fchmod"},
		{SYS_fchmodat, "fchmodat"},   {SYS_utimensat, "utimensat"},
		{SYS_write, "write"},         {SYS_openat, "openat"},
		{SYS_fsync, "fsync"},         {SYS_fdatasync, "fdatasync"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].call == call)
			return names[i].name;
	return "?";
}

/* Which arguments of a call, as a mask, are paths. */
static unsigned int path_arguments(uint64_t call)
{
	switch (call) {
#ifdef SYS_rename
	case SYS_rename:
	case SYS_link:
	case SYS_symlink:
		return 1 << 0 | 1 << 1;
	case SYS_unlink:
	case SYS_rmdir:
	case SYS_mkdir:
	case SYS_chmod:
		return 1 << 0;
#endif
	case SYS_renameat2:
	case SYS_linkat:
		return 1 << 1 | 1 << 3;
	case SYS_symlinkat:
		return 1 << 0 | 1 << 2;
	default:
		return 1 << 1;
	}
}

static void describe(pid_t pid, const struct __ptrace_syscall_info *info, char text[TEXT_SIZE])
{
	uint64_t call = info->seccomp.nr;
	char first[PATH_SIZE] = "";
	char second[PATH_SIZE] = "";

	if (is_on_descriptor(call)) {
		describe_descriptor(pid, info->seccomp.args[0], first, sizeof(first));
	} else {
		unsigned int paths = path_arguments(call);

		for (unsigned int i = 0; i < 4; i++)
			if (paths & 1U << i)
				read_string(pid, info->seccomp.args[i], *first ? second : first,
					    PATH_SIZE);
	}
	(void)snprintf(text, TEXT_SIZE, "%s %s%s%s", call_name(call), first, *second ? " " : "",
		       second);
}

static bool matches(const struct murder *murder, pid_t pid,
		    const struct __ptrace_syscall_info *info)
{
	char text[TEXT_SIZE];

	if (!murder->match)
		return true;
	describe(pid, info, text);
	return strstr(text, murder->match);
}

/* The call is not made; the process sees the error. */
static void fail_call(pid_t pid, int failure)
{
#ifdef __x86_64__
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0)
		die("reading registers");
	registers.orig_rax = (unsigned long long)-1;
	registers.rax = (unsigned long long)-failure;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) < 0)
		die("writing registers");
#else
	(void)pid;
	(void)failure;
	_exit(77);
#endif
}

static void remember(struct murder *murder, pid_t pid)
{
	for (size_t i = 0; i < murder->tracee_count; i++)
		if (murder->tracees[i] == pid)
			return;
	if (murder->tracee_count < TRACEES)
		murder->tracees[murder->tracee_count++] = pid;
}

static void forget(struct murder *murder, pid_t pid)
{
	for (size_t i = 0; i < murder->tracee_count; i++)
		if (murder->tracees[i] == pid)
			murder->tracees[i--] = murder->tracees[--murder->tracee_count];
}

/* Ends when nobody is left: what the next program sees is final. */
static void kill_all(struct murder *murder)
{
	int status;
	pid_t pid;

	for (size_t i = 0; i < murder->tracee_count; i++)
		(void)kill(murder->tracees[i], SIGKILL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)
		if (pid > 0 && WIFSTOPPED(status))
			(void)kill(pid, SIGKILL);
	murder->status = SIGKILL;
}

/* True if this was the call. */
static bool look_at_call(struct murder *murder, pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP || !counts(murder, pid, &info) ||
	    !matches(murder, pid, &info) || ++murder->seen != murder->number)
		return false;
	describe(pid, &info, murder->victim);
	if (murder->failure)
		fail_call(pid, murder->failure);
	return true;
}

/* The signal to deliver with the stop that status speaks of; events and new tracees get none. */
static int signal_of(int status)
{
	int number = WSTOPSIG(status);

	return status >> 16 || number == SIGTRAP || number == SIGSTOP ? 0 : number;
}

static void watch(struct murder *murder)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid <= 0)
			continue;
		if (!WIFSTOPPED(status)) {
			forget(murder, pid);
			if (pid == murder->child)
				murder->status = status;
			continue;
		}
		remember(murder, pid);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) &&
		    look_at_call(murder, pid) && !murder->failure) {
			kill_all(murder);
			return;
		}
		(void)ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)signal_of(status));
	}
}

static void run(struct murder *murder, char **command, bool with_sync)
{
	int status;

	murder->child = start(command, with_sync);
	if (waitpid(murder->child, &status, 0) != murder->child || !WIFSTOPPED(status))
		exit(77); /* tracing is not allowed here */
	if (ptrace(PTRACE_SETOPTIONS, murder->child, NULL,
		   PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACECLONE | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC) < 0 ||
	    ptrace(PTRACE_CONT, murder->child, NULL, NULL) < 0)
		die("ptrace");
	remember(murder, murder->child);
	watch(murder);
}

static int usage(void)
{
	(void)fputs("usage: murder [-k N | -f N ERRNO] [-p PROGRAM] [-m TEXT] [-r] [-s] -o REPORT "
		    "COMMAND...\n",
		    stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct murder murder;
	const char *report = NULL;
	bool with_sync = false;
	int option;

	while ((option = getopt(argc, argv, "+k:f:p:m:o:rs")) != -1) {
		switch (option) {
		case 'k':
			murder.number = strtoul(optarg, NULL, 10);
			break;
		case 'f':
			murder.number = strtoul(optarg, NULL, 10);
			murder.failure = optind < argc ? (int)strtol(argv[optind++], NULL, 10) : 0;
			break;
		case 'p':
			murder.program = optarg;
			break;
		case 'm':
			murder.match = optarg;
			break;
		case 'o':
			report = optarg;
			break;
		case 'r':
			murder.with_reading = true;
			break;
		case 's':
			with_sync = true;
			break;
		default:
			return usage();
		}
	}
	/* Orphans come here: what a zombie's number names is not dead to the world. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		die("prctl");
	FILE *out = report && optind < argc ? fopen(report, "we") : NULL;

	if (!out)
		return usage();
	run(&murder, argv + optind, with_sync);
	if (fprintf(out, "%lu\n%s\n", murder.seen, murder.victim) < 0 || fclose(out) != 0)
		die(report);
	return WIFSIGNALED(murder.status) ? 128 + WTERMSIG(murder.status)
					  : WEXITSTATUS(murder.status);
}
