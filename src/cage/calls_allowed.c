/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few system calls that a confined worker has; cage/calls.c refuses a few to programs. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cage/calls.h"

#if defined(__s390__) || defined(__CRIS__)
enum { CLONE_FLAGS_ARGUMENT = 1 };
#else
enum { CLONE_FLAGS_ARGUMENT = 0 };
#endif

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
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
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

/* Of sockets those of the internet alone: a local one would reach any daemon's. */
static int allow_talking(scmp_filter_ctx filter)
{
	int code = ALLOW_ALL(filter, talking);

	if (!code)
		code = allow_family(filter, AF_INET);
	if (!code)
		code = allow_family(filter, AF_INET6);
	return code ? code : allow_threads(filter);
}

static int fill(scmp_filter_ctx filter, enum confine_calls calls)
{
	/* Speculation may stay on: the worker has no secrets. */
	int code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);

	if (!code)
		code = ALLOW_ALL(filter, computing);
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
 * Every other call fails as on a kernel without it: a libc that is newer than these lists then
 * tries an older call (glibc 2.39: fchmodat2, then fchmodat). After EPERM it would give up.
 */
int cage_restrict_worker(enum confine_calls calls)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));

	return cage_load_calls(filter, filter ? fill(filter, calls) : -ENOMEM);
}
