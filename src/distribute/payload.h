/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a package brings, laid out below a directory of our own: the same bytes whoever
 * lays them out, where and when.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"

struct making;

/* Copies the module's source, checked as for a build, to a new directory; without its litter. */
int payload_add_source(const struct making *making, const char *path, struct error *error);

/* A new file, with the directories above it. */
int payload_add_text(const char *root, const char *name, const char *text, mode_t mode,
		     struct error *error);

/* The same of a text with {fields}, which anybody may execute. */
int payload_add_filled(const char *root, const char *name, const char *text, template_value *value,
		       const void *context, struct error *error);

/* The newest time of any file below a directory. */
int payload_newest_time(const char *root, time_t *ret_time, struct error *error);

/*
 * Every file gets mode 0644, or 0755 if anybody may execute it, every directory 0755, and all of
 * them this time. *ret_size: in KiB, as Debian's Installed-Size counts. A name with a line break is
 * EXIT_BAD_CONF: no list of a package's files can hold it.
 */
int payload_finish(const char *root, time_t time, size_t *ret_size, struct error *error);
