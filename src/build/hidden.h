/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a build calls missing may be there, outside of its cage. Then the system lacks nothing, and
 * what there is to say is what hides it.
 */
#pragma once

#include "build/explanation.h"

enum presence {
	PRESENCE_NONE,   /* it is missing, or nothing is known about it */
	PRESENCE_HIDDEN, /* it is there, and the build may not see or use it */
	PRESENCE_SEEN,   /* it is there for the build, too: something else is wrong */
};

/* Of what a finding of this kind calls missing. *ret_text for PRESENCE_HIDDEN is owned by the
 * caller. */
enum presence hidden_find(const struct explanation_facts *facts, enum cause_kind kind,
			  const char *subject, char **ret_text);
