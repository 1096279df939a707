/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the installed modules their kernels will load. Only reads, and each kernel once. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/strv.h"
#include "base/report.h"
#include "boot/critical.h"
#include "distro/distro.h"
#include "inspect/verdict.h"
#include "kernel/module_files.h"
#include "model/identity.h"

struct loading_report {
	struct module_id id;
	struct kernel_id kernel;
	char *path;
	const struct verdict *verdict; /* NULL until loading_judge() */
	struct verdict_kernel *facts;
	struct criticality criticality; /* by check_classify() (inspect/check.h) */
};

/* Start with settings, distro and reporter; the rest is {0}. */
struct loading {
	const struct settings *settings;
	const struct distro *distro;
	struct reporter *reporter;
	struct strmap kernels; /* that were asked for */
	struct module_files files;
	struct loading_report *items;
	size_t count;
};

/* Adds a report for each module file that M/V has installed for the kernel. */
int loading_examine(struct loading *loading, const struct module_id *id,
		    const struct kernel_id *kernel, struct error *error);

/* Gives all reports their verdicts. */
void loading_judge(struct loading *loading);

/* Returns the certificates that count for a kernel. Valid as long as loading. */
int loading_trust(struct loading *loading, const struct kernel_id *kernel,
		  const struct signing_trust **ret_trust, struct error *error);

/* Returns the next step for a report, with its names put in; owned by the caller, NULL: none. */
char *loading_next_step(const struct loading_report *report);

void loading_free(struct loading *loading);
