/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The logs that builds left in the tree: M/V/build/make.log, M/V/K/A/log/make.log and
 * M/V/.failed/K-A.log.
 */
#pragma once

#include "base/error.h"
#include "model/identity.h"
#include "model/settings.h"

/*
 * The newest log of M/V that is about one of the kernels, or with none given about any; owned by
 * the caller. Which kernel a failed build was for is what the first line of its log says.
 * EXIT_NOT_FOUND if there is none.
 */
int build_log_find(const struct settings *settings, const struct module_id *id,
		   const struct kernel_ids *kernels, char **ret_path, struct error *error);
