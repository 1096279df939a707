/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/calls_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { TIOCLINUX_REQUEST = 0x541c };

#if defined(__s390__) || defined(__CRIS__)
enum { CLONE_FLAGS_ARGUMENT = 1 };
#else
enum { CLONE_FLAGS_ARGUMENT = 0 };
#endif

/* The kernel looks at the lower half of such an argument only. */
static int refuse_value(scmp_filter_ctx filter, int code, int call, unsigned int argument,
			uint32_t mask, uint32_t value)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)code), call, 1,
				SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value));
}

/* A 64-bit kernel also takes the calls of its 32-bit sisters, under other numbers. */
static int add_sisters(scmp_filter_ctx filter)
{
	static const uint32_t sisters[][2] = {
		{SCMP_ARCH_X86_64, SCMP_ARCH_X86},  {SCMP_ARCH_X86_64, SCMP_ARCH_X32},
		{SCMP_ARCH_AARCH64, SCMP_ARCH_ARM}, {SCMP_ARCH_S390X, SCMP_ARCH_S390},
		{SCMP_ARCH_PPC64, SCMP_ARCH_PPC},
	};

	for (size_t i = 0; i < sizeof(sisters) / sizeof(*sisters); i++) {
		int code = sisters[i][0] == seccomp_arch_native()
				   ? seccomp_arch_add(filter, sisters[i][1])
				   : 0;

		if (code < 0 && code != -EEXIST)
			return code;
	}
	return 0;
}

/* Fails as on a kernel without these calls, so that programs try another way. */
static int refuse_calls(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(io_uring_setup),
		SCMP_SYS(io_uring_enter),
		SCMP_SYS(io_uring_register),
		SCMP_SYS(bpf),
		SCMP_SYS(userfaultfd),
		SCMP_SYS(perf_event_open),
		SCMP_SYS(add_key),
		SCMP_SYS(request_key),
		SCMP_SYS(keyctl),
		SCMP_SYS(clone3),     /* flags where no filter sees them; clone is tried next */
		SCMP_SYS(socketcall), /* the same; every supported kernel has socket */
	};
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(calls) / sizeof(*calls); i++)
		code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), calls[i], 0);
	return code;
}

static int refuse_user_namespaces(scmp_filter_ctx filter)
{
	int code = refuse_value(filter, EPERM, SCMP_SYS(unshare), 0, CLONE_NEWUSER, CLONE_NEWUSER);

	return code ? code
		    : refuse_value(filter, EPERM, SCMP_SYS(clone), CLONE_FLAGS_ARGUMENT,
				   CLONE_NEWUSER, CLONE_NEWUSER);
}

static int refuse_typing(scmp_filter_ctx filter)
{
	int code = refuse_value(filter, EPERM, SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCSTI);

	return code ? code
		    : refuse_value(filter, EPERM, SCMP_SYS(ioctl), 1, UINT32_MAX,
				   TIOCLINUX_REQUEST);
}

static int refuse_sockets(scmp_filter_ctx filter, bool network)
{
	int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
				    SCMP_A0(SCMP_CMP_GE, AF_MAX, 0));

	for (uint32_t family = 0; !code && family < AF_MAX; family++)
		if (family != AF_INET && family != AF_INET6 && family != AF_NETLINK &&
		    !(family == AF_UNIX && network))
			code = refuse_value(filter, EAFNOSUPPORT, SCMP_SYS(socket), 0, UINT32_MAX,
					    family);
	return code;
}

static int refuse_to_build(scmp_filter_ctx filter, enum confine_calls calls)
{
	int code = add_sisters(filter);

	if (!code)
		code = refuse_calls(filter);
	if (!code)
		code = refuse_user_namespaces(filter);
	if (!code)
		code = refuse_typing(filter);
	return code ? code : refuse_sockets(filter, calls == CONFINE_BUILDS_ONLINE);
}

/* Who leaves the process group would outlive its end. */
static int refuse_to_program(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(socket),
		SCMP_SYS(setsid),
		SCMP_SYS(setpgid),
		SCMP_SYS(ptrace),
		SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev),
		SCMP_SYS(unshare),
		SCMP_SYS(setns),
		SCMP_SYS(mount),
		SCMP_SYS(umount2),
		SCMP_SYS(pidfd_getfd),
		SCMP_SYS(open_by_handle_at),
		SCMP_SYS(memfd_create),
		SCMP_SYS(mknod),
		SCMP_SYS(mknodat),
	};
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(calls) / sizeof(*calls); i++)
		code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	if (!code)
		code = add_sisters(filter);
	if (!code)
		code = refuse_calls(filter);
	if (!code)
		code = refuse_value(filter, EPERM, SCMP_SYS(clone), CLONE_FLAGS_ARGUMENT,
				    CLONE_NEWUSER, CLONE_NEWUSER);
	return code ? code : refuse_typing(filter);
}

/* The few system calls that a confined worker has. To programs a few are refused, above. */

/* Memory, open descriptors, time, and the end. Also what the sanitizers do. */
static const int computing[] = {
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),
	SCMP_SYS(_llseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(fstat64),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64),
	SCMP_SYS(statx),
	SCMP_SYS(fcntl),
	SCMP_SYS(fcntl64),
	SCMP_SYS(dup),
	SCMP_SYS(fadvise64),
	SCMP_SYS(ftruncate),
	SCMP_SYS(ftruncate64),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(mmap),
	SCMP_SYS(mmap2),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(futex_time64),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(getrandom),
	SCMP_SYS(getrlimit),
	SCMP_SYS(ugetrlimit),
	SCMP_SYS(getrusage),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* With the rights of the worker's id. */
static const int reading[] = {
	SCMP_SYS(stat),       SCMP_SYS(stat64),    SCMP_SYS(lstat),      SCMP_SYS(lstat64),
	SCMP_SYS(access),     SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getdents),  SCMP_SYS(getdents64), SCMP_SYS(getcwd),
	SCMP_SYS(chdir),      SCMP_SYS(fchdir),    SCMP_SYS(statfs),     SCMP_SYS(statfs64),
	SCMP_SYS(fstatfs),    SCMP_SYS(fstatfs64),
};

static const int writing[] = {
	SCMP_SYS(open),      SCMP_SYS(openat),   SCMP_SYS(creat),     SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat),   SCMP_SYS(symlink),  SCMP_SYS(symlinkat), SCMP_SYS(link),
	SCMP_SYS(linkat),    SCMP_SYS(unlink),   SCMP_SYS(unlinkat),  SCMP_SYS(rmdir),
	SCMP_SYS(rename),    SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(chmod),
	SCMP_SYS(fchmod),    SCMP_SYS(fchmodat), SCMP_SYS(utimensat), SCMP_SYS(utimensat_time64),
	SCMP_SYS(futimesat), SCMP_SYS(utime),    SCMP_SYS(utimes),    SCMP_SYS(umask),
	SCMP_SYS(fallocate), SCMP_SYS(fsync),    SCMP_SYS(fdatasync), SCMP_SYS(copy_file_range),
};

/* Connections that the worker begins; nobody can connect to it. */
static const int talking[] = {
	SCMP_SYS(connect),         SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),     SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),      SCMP_SYS(send),
	SCMP_SYS(sendto),          SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg),        SCMP_SYS(recv),
	SCMP_SYS(recvfrom),        SCMP_SYS(recvmsg),
	SCMP_SYS(recvmmsg),        SCMP_SYS(recvmmsg_time64),
	SCMP_SYS(shutdown),        SCMP_SYS(select),
	SCMP_SYS(_newselect),      SCMP_SYS(pselect6),
	SCMP_SYS(pselect6_time64), SCMP_SYS(ppoll_time64),
	SCMP_SYS(pipe2),           SCMP_SYS(eventfd2),
	SCMP_SYS(socketpair),      SCMP_SYS(set_robust_list),
	SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(membarrier),
};

#define ALLOW_ALL(filter, calls) allow_all(filter, calls, sizeof(calls) / sizeof(*(calls)))

static int allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
	int code = 0;

	for (size_t i = 0; !code && i < count; i++)
		code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return code;
}

/* A worker that kills itself, as abort() does, and nobody else. */
static int allow_own_signals(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ, CALLS_OWN_PID, 0));
}

static int allow_opening(scmp_filter_ctx filter)
{
	const scmp_datum_t writes = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
	int code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
				    SCMP_A1(SCMP_CMP_MASKED_EQ, writes, O_RDONLY));

	return code ? code
		    : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, writes, O_RDONLY));
}

static int allow_family(scmp_filter_ctx filter, int family)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0));
}

/*
 * Addresses are asked for in a thread. clone3, which has its flags where no filter sees them, fails
 * as all that is not allowed does, and libc takes clone.
 */
static int allow_threads(scmp_filter_ctx filter)
{
	return seccomp_rule_add(
		filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_CMP(CLONE_FLAGS_ARGUMENT, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
}

/* Allows internet sockets only: a local socket would reach any daemon. */
static int allow_talking(scmp_filter_ctx filter)
{
	int code = ALLOW_ALL(filter, talking);

	if (!code)
		code = allow_family(filter, AF_INET);
	if (!code)
		code = allow_family(filter, AF_INET6);
	return code ? code : allow_threads(filter);
}

static int fill_allowed(scmp_filter_ctx filter, enum confine_calls calls)
{
	int code = ALLOW_ALL(filter, computing);

	if (!code)
		code = allow_own_signals(filter);
	if (!code && calls >= CONFINE_READS)
		code = ALLOW_ALL(filter, reading);
	if (!code && (calls == CONFINE_READS || calls == CONFINE_TALKS))
		code = allow_opening(filter);
	if (!code && calls == CONFINE_TALKS)
		code = allow_talking(filter);
	if (!code && calls == CONFINE_WRITES)
		code = ALLOW_ALL(filter, writing);
	return code;
}

/*
 * Every call that a worker has not fails as on a kernel without it. A libc that is newer than these
 * lists then tries an older call (glibc 2.39: fchmodat2, then fchmodat). After EPERM it would give
 * up.
 */
void *calls_rules(enum confine_calls calls)
{
	bool is_worker = calls < CONFINE_RUNS;
	scmp_filter_ctx filter = seccomp_init(is_worker ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW);
	int code = !filter                 ? -ENOMEM
		   : is_worker             ? fill_allowed(filter, calls)
		   : calls == CONFINE_RUNS ? refuse_to_program(filter)
					   : refuse_to_build(filter, calls);

	if (code == 0)
		return filter;
	if (filter)
		seccomp_release(filter);
	return NULL;
}
