/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of cage is possible here: each is tried, with nothing in it. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/file.h"
#include "cage/ids.h"
#include "cage/mounts.h"
#include "cage/namespace.h"
#include "cage/root.h"
#include "cage/run.h"

/* As cage_open() and cage_run() do it, for no build. */
static int try_full(bool with_users, bool *ret_impossible, struct error *error)
{
	static const struct cage_request request = {.temporary = "/tmp"};
	const struct namespace users = {
		.kind = "user", .flag = CLONE_NEWUSER, .owner = ids_for_build(0)};
	const struct namespace mounts = {
		.kind = "mnt", .flag = CLONE_NEWNS, .inside = cage_mount_all, .request = &request};
	cleanup(close_fd) int users_fd = -1, mounts_fd = -1;

	/* Maps and mounts are made through /proc, which nobody but the administrator can take away.
	 */
	*ret_impossible = !file_exists("/proc/self/ns");
	if (*ret_impossible)
		return error_set(error, -ENOENT, 0, "/proc is not mounted");
	if ((with_users && namespace_make(&users, &users_fd, ret_impossible, error) < 0) ||
	    namespace_make(&mounts, &mounts_fd, ret_impossible, error) < 0)
		return error->code;
	const struct cage cage = {.kind = CAGE_FULL,
				  .owner = users.owner,
				  .users_fd = users_fd,
				  .mounts_fd = mounts_fd};

	return cage_try(&cage, ret_impossible, error);
}

static int detach_mounts(const struct cage_request *request, struct error *error)
{
	(void)request;
	return root_detach(MS_SLAVE, error);
}

static int try_view(bool *ret_impossible, struct error *error)
{
	const struct namespace mounts = {
		.kind = "mnt", .flag = CLONE_NEWNS, .inside = detach_mounts};
	cleanup(close_fd) int fd = -1;

	return namespace_make(&mounts, &fd, ret_impossible, error);
}

static int try_full_with_users(bool *ret_impossible, struct error *error)
{
	return try_full(true, ret_impossible, error);
}

static int try_full_without_users(bool *ret_impossible, struct error *error)
{
	return try_full(false, ret_impossible, error);
}

/* A limit is only a limit: where one cannot be kept so, there are others. */
static void try_groups(bool groups[GROUP_CONTROLLERS])
{
	static const uint64_t limits[GROUP_CONTROLLERS] = {1ULL << 40, 1ULL << 20};
	static const bool wanted[GROUP_CONTROLLERS];
	cleanup(error_clear) struct error ignored = {0};
	struct build_group group = {0};

	(void)group_make("", limits, wanted, &group, &ignored);
	for (int i = 0; i < GROUP_CONTROLLERS; i++)
		groups[i] = group.directories[i] != NULL;
	group_remove(&group);
}

int cage_find_support(struct cage_support *ret_support, struct error *error)
{
	static const struct {
		int (*try)(bool *ret_impossible, struct error *error);
		enum cage_kind kind;
		bool users;
	} kinds[] = {{try_full_with_users, CAGE_FULL, true},
		     {try_full_without_users, CAGE_FULL, false},
		     {try_view, CAGE_VIEW, false}};
	struct error first = {0};
	struct cage_support support = {.strictest = CAGE_NONE};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct error refusal = {0};
		bool impossible = false;

		if (kinds[i].try(&impossible, &refusal) == 0) {
			support.strictest = kinds[i].kind;
			support.users = kinds[i].users;
			break;
		}
		if (!impossible) {
			error_clear(&first);
			(void)error_move(error, &refusal);
			return error_wrap(error, "Cannot find out whether builds can be isolated "
						 "from the system");
		}
		error_move(&first, &refusal); /* the first one counts */
	}
	if (support.strictest == CAGE_FULL) {
		error_clear(&first);
		try_groups(support.groups);
	}
	support.first = ids_choose_first();
	support.refusal = first.message;
	*ret_support = support;
	return 0;
}

void cage_support_free(struct cage_support *support)
{
	free(support->refusal);
	support->refusal = NULL;
}
