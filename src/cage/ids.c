/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cage/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

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

int ids_become_worker(void)
{
	int code = ids_become(FIRST_OF_WORKERS + choose(WORKERS));

	/* Such an id has no meaning in a container that was not given it. */
	if (code == -EINVAL)
		code = ids_become(FIRST_OF_CONTAINER + choose(CONTAINER_IDS));
	return code == -EPERM && !may_change_ids() ? -EINVAL : code;
}
