/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings of struct policy, in framework.conf, in what is shipped for a module
 * (/usr/share/dkms/build-exceptions.d/M.conf) and in its override files in /etc/dkms; the last
 * wins. A module's own dkms.conf cannot give them: the override files are evaluated without it, so
 * that nothing in it can get at them either.
 */
#pragma once

#include "base/error.h"
#include "conf/evaluate.h"
#include "conf/setting.h"
#include "conf/values.h"

/*
 * Evaluates override files, with the variables and limits of input, for these settings alone. What
 * the files print is lost: they are evaluated once more for their directives.
 */
int policy_evaluate(const struct evaluate_input *input, const struct strv *overrides,
		    struct conf_values *ret, struct error *error);
