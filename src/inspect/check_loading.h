/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of dkms check that predicts what kernels will load. */
#pragma once

#include "inspect/check.h"
#include "inspect/loading.h"

/* Examines what is installed and selected; what will not load is a finding, too. */
int check_collect_loading(struct loading *loading, const struct status_filter *filter,
			  struct check_findings *findings, struct error *error);
