/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/calls.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"

/* The program of each filter, as the kernel takes it; empty until it is made. */
static struct sock_fprog programs[CONFINE_KINDS];

/* Takes what libseccomp has written: whole instructions, no more than the kernel takes. */
static int read_program(int fd, struct sock_fprog *ret_program)
{
	const size_t unit = sizeof(struct sock_filter);
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	size_t size = (size_t)status.st_size;

	if (size == 0 || size % unit || size / unit > BPF_MAXINSNS)
		return -EPROTO;
	struct sock_filter *filter = xcalloc(size / unit, unit);
	ssize_t got = pread(fd, filter, size, 0);

	if (got != (ssize_t)size) {
		int code = got < 0 ? -errno : -EPROTO;

		free(filter);
		return code;
	}
	ret_program->len = (unsigned short)(size / unit);
	ret_program->filter = filter;
	return 0;
}

int calls_prepare(enum confine_calls calls)
{
	if (programs[calls].len)
		return 0;
	cleanup(close_fd) int fd = memfd_create("calls", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	void *rules = calls_rules(calls);

	if (!rules)
		return -ENOMEM;
	/* Without it, libseccomp reports every failure as ECANCELED. */
	int code = seccomp_attr_set(rules, SCMP_FLTATR_API_SYSRAWRC, 1);

	if (!code)
		code = seccomp_export_bpf(rules, fd);
	seccomp_release(rules);
	return code < 0 ? code : read_program(fd, &programs[calls]);
}

/* Puts this process's id where the rules have a place for it. */
static void name_oneself(struct sock_fprog *program)
{
	for (size_t i = 0; i < program->len; i++)
		if (program->filter[i].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
		    program->filter[i].k == CALLS_OWN_PID)
			program->filter[i].k = (unsigned int)getpid();
}

/* These processes have no secrets from themselves: speculation stays on (a flag of Linux 4.17). */
static int load(struct sock_fprog *program)
{
	const unsigned int flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program) == 0 ||
	    (errno == EINVAL && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program) == 0))
		return 0;
	return -errno;
}

int calls_restrict(enum confine_calls calls)
{
	int code = calls_prepare(calls);

	if (code < 0)
		return code;
	name_oneself(&programs[calls]);
	return load(&programs[calls]);
}
