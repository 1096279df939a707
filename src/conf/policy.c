/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/policy.h"

int policy_evaluate(const struct evaluate_input *input, const struct strv *overrides,
		    struct conf_values *ret, struct error *error)
{
	struct evaluate_input own = *input;

	own.files = overrides;
	own.names = policy_names;
	own.first_pass = NULL;
	return conf_evaluate_files(&own, ret, NULL, error);
}
