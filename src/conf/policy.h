/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings of struct policy, in framework.conf, in what is shipped for a module
 * (/usr/share/dkms/build-exceptions.d/M.conf) and in its override files in /etc/dkms; the last
 * wins. A module's own dkms.conf cannot give them: the override files are evaluated without it, so
 * that nothing in it can get at them either.
 *
 * A further setting is a member of struct policy and a line of POLICY_SETTINGS.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "conf/evaluate.h"
#include "conf/values.h"
#include "model/policy.h"

/* Name (of setting and member), how it is read and shown (…_reading in policy.c). */
#define POLICY_SETTINGS(X)         \
	X(build_sandbox, sandbox)  \
	X(build_network, switch)   \
	X(build_in_source, switch) \
	X(build_limits, limits)    \
	X(abi_reuse, reuse)        \
	X(allow_writable_sources, consent)

/* NULL-terminated. */
extern const char *const policy_names[];
bool policy_knows(const char *name);

/*
 * Applies what the values say on top of policy. A value that makes no sense is a REPORT_WARNING
 * that names its file, and leaves what was there.
 */
void policy_apply(const struct conf_values *values, struct policy *policy,
		  struct reporter *reporter);

/*
 * Evaluates override files, with the variables and limits of input, for these settings alone. What
 * the files print is lost: they are evaluated once more for their directives.
 */
int policy_evaluate(const struct evaluate_input *input, const struct strv *overrides,
		    struct conf_values *ret, struct error *error);

/* The setting as it would be written: "require". Static. */
const char *policy_text(const struct policy *policy, const char *name);
