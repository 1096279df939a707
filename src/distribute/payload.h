/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a package, laid out below a directory of our own. User, place and time do not change
 * their bytes.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"

struct making;

/*
 * Copies the module's source to a new directory, checked as for a build. Files of version control,
 * editors and earlier builds stay out.
 */
int payload_add_source(const struct making *making, const char *path, struct error *error);

/* A new file, with the directories above it. */
int payload_add_text(const char *root, const char *name, const char *text, mode_t mode,
		     struct error *error);

/* A new executable file: a text with {fields}. */
int payload_add_filled(const char *root, const char *name, const char *text, template_value *value,
		       const void *context, struct error *error);

/* The newest time of any file below a directory. */
int payload_newest_time(const char *root, time_t *ret_time, struct error *error);

/*
 * Gives every file mode 0644, or 0755 if somebody may execute it, every directory 0755, and all of
 * them this time. *ret_size is in KiB, as Debian's Installed-Size counts. EXIT_BAD_CONF for a name
 * with a line break, because no list of a package's files can hold it.
 */
int payload_finish(const char *root, time_t time, size_t *ret_size, struct error *error);
