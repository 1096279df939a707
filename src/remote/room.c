/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/room.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/text.h"

bool room_is_short(const struct error *error)
{
	return error->code == -ENOSPC || error->code == -EDQUOT;
}

int room_explain(int fd, const char *what, uint64_t bytes, struct error *error)
{
	cleanup(free_string) char *needed = text_size(bytes);
	struct statvfs info;

	if (!room_is_short(error))
		return error->code;
	if (fstatvfs(fd, &info) < 0)
		return error_hint(error, "%s needs %s there.", what, needed);
	cleanup(free_string) char *left = text_size((uint64_t)info.f_bavail * info.f_frsize);

	return error_hint(error, "%s needs %s there; %s are free.", what, needed, left);
}
