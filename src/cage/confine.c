/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/path.h"
#include "cage/calls.h"
#include "cage/ids.h"

#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_IS_LIMITED false /* ASan reserves terabytes of addresses */
#elif defined(__has_feature)
#define MEMORY_IS_LIMITED !__has_feature(address_sanitizer)
#else
#define MEMORY_IS_LIMITED true
#endif

static int close_between(unsigned int first, unsigned int last)
{
	struct rlimit limit;

	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return 0;
	if (errno != ENOSYS || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	/* A kernel before 5.9. */
	for (unsigned int fd = first; fd <= last && fd < limit.rlim_max; fd++)
		(void)close((int)fd);
	return 0;
}

/* The lowest of the kept that is at least from; -1: none. */
static int next_kept(const int *kept, size_t count, int from)
{
	int next = -1;

	for (size_t i = 0; i < count; i++)
		if (kept[i] >= from && (next < 0 || kept[i] < next))
			next = kept[i];
	return next;
}

int confine_descriptors(const int *kept, size_t count)
{
	int from = STDERR_FILENO + 1, next;

	while ((next = next_kept(kept, count, from)) >= 0) {
		int code = close_between((unsigned int)from, (unsigned int)next - 1);

		if (code < 0)
			return code;
		from = next + 1;
	}
	return close_between((unsigned int)from, ~0U);
}

static int set_limit(int resource, rlim_t value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return -errno;
	if (limit.rlim_max == RLIM_INFINITY || value < limit.rlim_max)
		limit.rlim_max = value;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

int confine_resources(const struct confine_limits *limits, struct error *error)
{
	const struct {
		int resource;
		rlim_t value;
	} table[] = {
		{RLIMIT_AS, MEMORY_IS_LIMITED ? limits->memory : RLIM_INFINITY},
		{RLIMIT_CPU, limits->seconds},
		{RLIMIT_FSIZE, limits->file_size},
		{RLIMIT_NPROC, limits->processes == UINT_MAX ? RLIM_INFINITY : limits->processes},
		{RLIMIT_NOFILE, limits->files},
		{RLIMIT_CORE, 1}, /* 0 would still call a handler that core_pattern names */
	};

	(void)setsid(); /* fails where it is done */
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		int code = set_limit(table[i].resource, table[i].value);

		if (code < 0)
			return error_errno(error, code, 0, "Cannot set a limit");
	}
	return 0;
}

/* What dkms was told in confidence is not for the worker's memory. */
static void forget_secrets(void)
{
	char *pin = getenv("KBUILD_SIGN_PIN");

	if (pin)
		explicit_bzero(pin, strlen(pin));
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}, {0}};

	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

/*
 * Root that has no id to spare (a container of one user) is no more than that user. But with a
 * network, the worker could send away what that user may read.
 */
static int become(uid_t id, enum confine_calls calls, struct error *error)
{
	if (geteuid() != 0)
		return 0;
	int code = id ? ids_become(id) : ids_become_worker();

	if (code == -EINVAL && !id) {
		if (calls != CONFINE_TALKS)
			return 0;
		return error_set(error, -EPERM, 0,
				 "This container has no user id to spare for a process that "
				 "talks to the network.\nGive the container a range of ids.");
	}
	return code < 0 ? error_errno(error, code, 0, "user id") : 0;
}

int confine_rights(uid_t id, enum confine_calls calls, struct error *error)
{
	int code;

	forget_secrets();
	/* The keys of root's session stay with root. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS &&
	    errno != EPERM)
		return error_errno(error, -errno, 0, "session keyring");
	if (become(id, calls, error) < 0)
		return error->code;
	code = drop_capabilities();
	if (code < 0)
		return error_errno(error, code, 0, "capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_errno(error, -errno, 0, "prctl");
	code = calls == CONFINE_RUNS ? cage_restrict_program() : cage_restrict_worker(calls);
	return code < 0 ? error_errno(error, code, 0, "system calls") : 0;
}
