/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "base/path.h"

/*
 * User ids that belong to nobody: builds and workers run with them. They lie above the ids of
 * systemd's containers (up to 0x6fffffff) and below the sign bit. A container that lacks these ids
 * gives workers some below 65500 instead.
 */

enum {
	FIRST_OF_BUILDS = 0x70000000,
	BUILDS = 0x7ff,
	FIRST_OF_WORKERS = 0x78000000,
	WORKERS = 0x7fe0000,
	/* A container's: above those of users and packages, below "nobody". */
	FIRST_OF_CONTAINER = 65000,
	CONTAINER_IDS = 500,
};

/* At best nobody else's; should the dice fail, any number will do. */
static uint32_t choose(uint32_t count)
{
	uint32_t random = 0;

	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	return random % count;
}

unsigned int ids_choose_first(void)
{
	return choose(BUILDS);
}

uid_t ids_for_build(unsigned int number)
{
	return FIRST_OF_BUILDS + (uid_t)IDS_OF_A_BUILD * (number % BUILDS);
}

/* A user namespace that an unprivileged user made for itself has that one user. */
static bool is_one_user(void)
{
	cleanup(close_fd) int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
	char text[4];

	return fd >= 0 && read(fd, text, sizeof(text)) == sizeof(text) &&
	       memcmp(text, "deny", sizeof(text)) == 0;
}

/* False in a container whose root was not given the right to be somebody else. */
static bool may_change_ids(void)
{
	const unsigned int needed = 1U << CAP_SETUID | 1U << CAP_SETGID;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}, {0}};

	return syscall(SYS_capget, &header, data) < 0 || (data[0].effective & needed) == needed;
}

int ids_become(uid_t id)
{
	if (id == 0 || id == (uid_t)-1) /* it would stay who it is */
		return -EINVAL;
	if (setgroups(0, NULL) < 0)
		return errno == EPERM && is_one_user() ? -EINVAL : -errno;
	if (setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		return -errno;
	return 0;
}

/* The same with an id that no build and no other worker has. -EINVAL: there is none to spare. */
static int ids_become_worker(void)
{
	int code = ids_become(FIRST_OF_WORKERS + choose(WORKERS));

	/* Such an id has no meaning in a container that was not given it. */
	if (code == -EINVAL)
		code = ids_become(FIRST_OF_CONTAINER + choose(CONTAINER_IDS));
	return code == -EPERM && !may_change_ids() ? -EINVAL : code;
}

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

/* Removes the PIN of the signing key from the worker's memory. */
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
	code = calls_restrict(calls);
	return code < 0 ? error_errno(error, code, 0, "system calls") : 0;
}

int confine_explain(const char *purpose, int code, unsigned int seconds, struct error *error)
{
	if (code == -EINTR)
		return interrupt_error(error);
	if (code == -ETIMEDOUT)
		return error_set(error, code, 0,
				 "The process for %s did not end within %u seconds "
				 "and was killed.",
				 purpose, seconds);
	if (code == -EFBIG)
		return error_set(error, code, 0, "The process for %s said too much and was killed.",
				 purpose);
	return error_errno(error, code, 0, "Cannot hear the process for %s", purpose);
}
