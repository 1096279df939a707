/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/calls.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
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

/* As on a kernel without them: who can do without tries that next. */
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
		SCMP_SYS(socketcall), /* the same; socket is older than any kernel at hand */
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

static int fill(scmp_filter_ctx filter, bool network)
{
	/* Nothing here guards secrets of the process itself: speculation may stay on. */
	int code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);

	if (!code)
		code = add_sisters(filter);
	if (!code)
		code = refuse_calls(filter);
	if (!code)
		code = refuse_user_namespaces(filter);
	if (!code)
		code = refuse_typing(filter);
	return code ? code : refuse_sockets(filter, network);
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
	int code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);

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

int cage_load_calls(void *filter, int code)
{
	if (!code)
		code = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return code;
}

int cage_restrict_calls(bool network)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	return cage_load_calls(filter, filter ? fill(filter, network) : -ENOMEM);
}

int cage_restrict_program(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	return cage_load_calls(filter, filter ? refuse_to_program(filter) : -ENOMEM);
}
