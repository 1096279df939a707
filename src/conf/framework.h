/* SPDX-License-Identifier: GPL-2.0-or-later */
/* framework.conf and framework.conf.d → struct settings. */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "model/settings.h"

/*
 * Reads <root>/etc/dkms/framework.conf and framework.conf.d/ *.conf (both optional, in name order)
 * into settings that settings_init() has prepared, then the environment (parallel_jobs,
 * MAKEFLAGS=-jN). The command line is applied by the caller afterwards and wins.
 */
int framework_load(struct settings *settings, struct reporter *reporter, struct error *error);
