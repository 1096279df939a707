/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a configuration file, as root may read it: without interpreting it. */
#pragma once

#include "base/error.h"
#include "conf/evaluate.h"

/*
 * *ret_text is owned by the caller, and NULL for a link, also a hard one to a private file: what it
 * leads to is for a process without rights to see. EXIT_BROKEN for a missing file, EXIT_BAD_CONF
 * for one that is no regular file, too large (CONF_SIZE_LIMIT) or holds NUL bytes.
 */
int conf_read_text(const char *path, char **ret_text, struct error *error);
