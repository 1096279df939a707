/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In place of the C library's rename(): at the next one another transaction's rollback takes away
 * the empty directories of the path `vanishing`, as far as one of the name "lib". And of
 * renameat2(): while `no_exchange`, the file system cannot exchange two files.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

static const char *vanishing;
static bool no_exchange;

static void vanish(void)
{
	cleanup(free_string) char *directory = vanishing ? xstrdup(vanishing) : NULL;

	vanishing = NULL;
	while (directory && !text_equal(path_basename(directory), "lib")) {
		char *parent = path_parent(directory);

		assert_int_equal(rmdir(directory), 0);
		free(directory);
		directory = parent;
	}
}

int rename(const char *from, const char *to)
{
	vanish();
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	vanish();
	if (no_exchange && flags & RENAME_EXCHANGE) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}
