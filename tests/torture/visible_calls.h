/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls after which something on disk may be another than before. */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Not those that only look, sync or change what is still private to the process. */
static const int visible_calls[] = {
#ifdef SYS_rename
	SYS_rename,    SYS_link,     SYS_unlink,    SYS_rmdir,   SYS_mkdir,
	SYS_symlink,   SYS_chmod,
#endif
	SYS_renameat2, SYS_linkat,   SYS_unlinkat,  SYS_mkdirat, SYS_symlinkat,
	SYS_fchmod,    SYS_fchmodat, SYS_utimensat, SYS_write,   SYS_openat,
};

enum { VISIBLE_CALLS = sizeof(visible_calls) / sizeof(*visible_calls) };

static inline bool can_be_seen_on_disk(uint64_t number, const uint64_t arguments[6])
{
	for (size_t i = 0; i < VISIBLE_CALLS; i++)
		if (number == (uint64_t)visible_calls[i])
			return number != SYS_openat || arguments[2] & O_CREAT;
	return false;
}
