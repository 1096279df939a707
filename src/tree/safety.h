/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who else could have written what root is about to build, to run or to install. */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "model/identity.h"
#include "model/settings.h"

/*
 * Looks at <tree>, <tree>/M and <tree>/M/V, at the source of M/V and at /etc/dkms/M with all that
 * is below them, and at the directories above: a sticky one among those is safe. Targets of
 * links in the source are not examined; the mode of a link means nothing. Called before each build,
 * unless the administrator allows such sources.
 *
 * EXIT_BAD_CONF for the first path that everybody may write to, a sticky directory included: who
 * can add a makefile need not replace one. A path of another user than root and the one who runs
 * dkms is a REPORT_WARNING. So is one that an access control list lets another user write to. In
 * verbose mode, a path that a group other than root's may write to is reported, too. Each kind has
 * one line, for the first such path. The owners of directories above count as the path's own.
 */
int safety_check(const struct settings *settings, const struct module_id *id,
		 struct reporter *reporter, struct error *error);
/* The same before a script of the source runs ("post_add" …), without the warnings. */
int safety_check_script(const struct settings *settings, const struct module_id *id,
			const char *kind, struct error *error);
/*
 * The same for <tree>/M/V/K/A in place of the source, before it is installed or packed. refusal
 * says what is not done then: "is not installed".
 */
int safety_check_product(const struct settings *settings, const struct module_id *id,
			 const struct kernel_id *kernel, const char *refusal, struct error *error);
/* The same before it gets a signature or leaves the machine, which no setting of a module allows.
 */
int safety_require_product(const struct settings *settings, const struct module_id *id,
			   const struct kernel_id *kernel, const char *refusal,
			   struct error *error);

/*
 * The same for one opened file or directory of the source of M/V, called path in messages: what is
 * copied is what was examined. For a struct source_copy; context is a struct safety_source.
 */
struct safety_source {
	const struct settings *settings;
	const struct module_id *id;
	const char *source;
	const char *refusal; /* what is not done then, of M/V: "is not packed" */
};

int safety_examine_opened(void *context, const char *path, int fd, struct error *error);
