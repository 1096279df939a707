/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else could have written the files of a package that root will build, run or install,
 * and how its scripts run.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "model/identity.h"
#include "model/settings.h"

/*
 * Looks at <tree>, <tree>/M and <tree>/M/V, and at the source of M/V and /etc/dkms/M with all that
 * is below them. It also looks at the directories above: a sticky one among those is safe. Targets
 * of links in the source are not examined; the mode of a link means nothing. Called before each
 * build, unless the administrator allows such sources.
 *
 * EXIT_BAD_CONF for the first path that everybody may write to, a sticky directory included: who
 * can add a makefile need not replace one. A path of another user than root and the one who runs
 * dkms is a REPORT_WARNING. So is a path that an access control list lets another user write to. In
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

/*
 * The scripts that a package names (POST_ADD … POST_REMOVE): "SCRIPT args…". A script in
 * /etc/dkms/M wins, and then runs in that directory. Otherwise it is found in the run
 * directory.
 */
struct script {
	const char *kind;    /* "post_add": the word in "Running the post_add script:" */
	const char *command; /* the directive's value; NULL: nothing to do */
	const char *run_directory;
	const struct strv *settings; /* NAME=VALUE, what --directive adds; NULL: nothing */
	const struct kernel_id
		*kernel; /* of the build or install that runs it; NULL: neither does */
	bool safe; /* from the source only if nobody but root could have written it (safety.h) */
};

/*
 * Runs it with its output reported as it comes, after the line "Running the KIND script:". The
 * words of the command are divided at blanks, without quoting, and the arguments match files as
 * bash's do, in the directory it runs in. Standard input is /dev/null. The environment is this
 * process's without compiler settings and the PIN of the signing key, with the script's settings
 * and with what script_export() adds. A first word that is no executable file is a warning and
 * status 0. *ret_status: its exit status, or 128 + N after death by signal N. An error if it could
 * not be started, dkms was interrupted, or (EXIT_BAD_CONF) everybody may write to a source whose
 * script is to be safe.
 */
int script_run(const struct settings *settings, const struct module_id *id,
	       const struct script *script, int *ret_status, struct reporter *reporter,
	       struct error *error);

/*
 * Exports kernelver, arch, module and module_version, which scripts and makefiles of packages rely
 * on, to an environment that has none of these names. Without a kernel it adds nothing.
 */
void script_export(struct strv *environment, const struct module_id *id,
		   const struct kernel_id *kernel);

/* True for "NAME=…" with the name of such a variable: the caller's own never reach a child. */
bool script_exports(const char *setting);

/*
 * The file that would run and the directory it would run in, both owned by the caller. NULL for
 * a first word that is no executable file. For callers that run it in their own way (build/).
 */
void script_locate(const struct settings *settings, const char *module, const struct script *script,
		   char **ret_file, char **ret_directory);
