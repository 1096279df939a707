/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system's own tools, run with the settings' root as their root. */
#pragma once

#include "base/process.h"
#include "base/strv.h"
#include "model/settings.h"

/* To be given to process_run() and its kin; valid as long as both. seconds: 0 is no limit. */
struct process in_root(const struct settings *settings, const struct strv *argv, int seconds);

/* As such a tool sees a path below the root. Points into path. */
const char *in_root_path(const struct settings *settings, const char *path);
