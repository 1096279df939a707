/* SPDX-License-Identifier: GPL-2.0-or-later */
/* framework.conf and framework.conf.d → struct settings. */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "conf/lint.h"
#include "model/settings.h"

/*
 * Reads <root>/etc/dkms/framework.conf and framework.conf.d/ *.conf (both optional, in name order)
 * into settings that settings_init() has prepared, then the environment (parallel_jobs, else
 * MAKEFLAGS with -jN). The command line is applied by the caller afterwards and wins.
 *
 * Paths are put below the root unless they are there already; tmp_location is taken as it is.
 * $kernelver survives in sign_file, mok_signing_key and mok_certificate, and is empty elsewhere.
 *
 * A value that makes no sense is a REPORT_WARNING that names file, line and setting, and the
 * default stays (conf/setting.h). So is a name that is no setting. Errors are those of
 * conf_evaluate_files(); settings are unchanged then.
 */
int framework_load(struct settings *settings, struct reporter *reporter, struct error *error);

/* Adds the same as findings. */
int framework_lint(const char *root, struct lint_findings *findings, struct error *error);
