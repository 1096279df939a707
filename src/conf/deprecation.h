/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the values set belong to a deprecated directive. */
#pragma once

#include "conf/directives.h"
#include "conf/values.h"

/*
 * The first element of a deprecated directive that is in use, or NULL: also for those uses that
 * please old versions of dkms and are passed over in silence.
 */
const struct conf_value *deprecated_use(const struct conf_values *values,
					const struct directive *directive);
