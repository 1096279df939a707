/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User ids that belong to nobody: builds and workers run with them. They lie above the ids of
 * systemd's containers (up to 0x6fffffff) and below the sign bit. A container that lacks these ids
 * gives workers some below 65500 instead.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* A build owns a range as long as the ids of a common tar archive reach. */
enum { IDS_OF_A_BUILD = 0x10000 };

/*
 * The first id of the range for a build, user and group. Builds of one run count from a number that
 * is chosen at random, so that none has another's, and other runs hardly the same.
 */
unsigned int ids_choose_first(void);
uid_t ids_for_build(unsigned int number);

/* For root: from now on this process is a user and a group without other groups. Negative errno. */
int ids_become(uid_t id);

/* The same with an id that no build and no other worker has. -EINVAL: there is none to spare. */
int ids_become_worker(void);
