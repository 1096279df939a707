/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one reader of settings (model/settings_table.h). A value that is not understood changes
 * nothing, so that a mistyped word neither opens nor closes anything. The caller gets to know that.
 * An empty value is no for a switch, and otherwise leaves what was there.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "conf/evaluate.h"
#include "conf/values.h"
#include "model/policy.h"
#include "model/settings.h"

/*
 * The fault of a value. `expected` completes the sentence that NAME="TEXT" begins: "is none of …".
 */
typedef void setting_refusal(void *context, const char *name, const struct conf_value *value,
			     const char *expected);

/*
 * Applies the values on top of the present settings. Origins become "FILE:LINE" where something
 * is refused. Paths are put below the settings' root unless they are there already.
 */
void settings_apply(struct conf_values *values, struct settings *settings, setting_refusal *refused,
		    void *context);
void policy_apply(struct conf_values *values, struct policy *policy, setting_refusal *refused,
		  void *context);

/* A refusal for both: a REPORT_WARNING that names the place. context is a struct reporter *. */
setting_refusal setting_warn;

/* A setting of a policy as it would be written: "require". Static. */
const char *policy_text(const struct policy *policy, const char *name);

/* A number of jobs as people write it, where 0 is no limit; as struct settings has it. */
bool setting_read_jobs(const char *text, int *ret_jobs);

/*
 * Evaluates override files, with the variables and limits of input, for these settings alone. What
 * the files print is lost: they are evaluated once more for their directives.
 */
int policy_evaluate(const struct evaluate_input *input, const struct strv *overrides,
		    struct conf_values *ret, struct error *error);
