/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounts of a cage, made by real root in a mount namespace of its own (cage.h). */
#pragma once

#include "base/error.h"
#include "cage/request.h"

/* CAGE_VIEW. */
int cage_mount_view(const struct cage_request *request, struct error *error);

/* CAGE_FULL, all but /proc, which belongs to each command's pid namespace. */
int cage_mount_all(const struct cage_request *request, struct error *error);

/* In a mount namespace of one's own: nothing can be written, as long as nothing else is mounted. */
int cage_mount_readonly(struct error *error);
