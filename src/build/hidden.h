/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that a build calls missing may exist outside of its cage. Then the system lacks nothing,
 * and the message says what hides it.
 */
#pragma once

#include <stdbool.h>

#include "base/strv.h"
#include "build/causes.h"
#include "distro/distro.h"
#include "kernel/kernel.h"
#include "model/identity.h"
#include "model/settings.h"

/* The known facts of a failed build. */
struct explanation_facts {
	const struct settings *settings;
	const struct distro *distro; /* NULL: no package is named */
	const struct module_id *id;
	const struct kernel *kernel;
	bool caged;
	bool network;        /* even in the cage */
	bool network_tried;  /* and not found, with nothing wrong in the code itself */
	bool in_source;      /* the build finds its directory in place of its source, too */
	bool processes_told; /* that it had as many processes as it may */
	const char *source;  /* where its source really is; NULL: not known */
	const char *link;    /* to it, in the tree; NULL: not known */
	const char *build;   /* the build directory as this process sees it; NULL: not known */
	const char *command; /* MAKE and PRE_BUILD; NULL: not known */
	const struct strv
		*visible; /* what a build sees below its private directories; NULL: nothing */
};

enum presence {
	PRESENCE_NONE,   /* it is missing, or nothing is known about it */
	PRESENCE_HIDDEN, /* it is there, and the build may not see or use it */
	PRESENCE_SEEN,   /* it is there for the build, too: something else is wrong */
};

/* Whether a thing that a finding of this kind calls missing is there. *ret_text for PRESENCE_HIDDEN
 * is owned by the caller. */
enum presence hidden_find(const struct explanation_facts *facts, enum cause_kind kind,
			  const char *subject, char **ret_text);
