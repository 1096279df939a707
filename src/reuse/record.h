/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The making of a manifest, along with a build:
 *
 *	record_open()		source and patches are in place, no command has run
 *	record_module()		each module when it is stripped, before it is signed
 *	record_finish()		everything that the build made is still there
 *	record_close()
 *
 * A result that cannot serve others is no failure: the manifest says why. An error is
 * something that cannot be read; there is no manifest then, and that does no harm.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "fingerprint/headers.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"
#include "module/examine.h"
#include "reuse/manifest.h"
#include "reuse/reuse.h"

struct record_request {
	const struct settings *settings;
	const struct module_id *id;
	const struct package *package;
	const struct kernel *kernel;
	const struct digest_memo *digests; /* that are known already; NULL: none */
	const char *build;                 /* the build directory */
	const char *shown_build;           /* as commands see it */
	uid_t owner;                       /* of its commands; 0: root runs them */
};

struct build_record;

/* Copies the request; what it points to must outlive the record. */
int record_open(const struct record_request *request, struct build_record **ret_record,
		struct error *error);
void record_close(struct build_record *record);
DEFINE_CLEANUP(struct build_record *, record_close)

/* path is where the stripped file is, product what it was made as, without .ko. */
int record_module(struct build_record *record, const struct built_module *module, const char *path,
		  const struct examined_module *examined, struct error *error);

/* symvers: the Module.symvers that the build made, or NULL. */
int record_finish(struct build_record *record, const char *symvers, struct manifest **ret_manifest,
		  struct error *error);

/*
 * Builds that failed, so that autoinstall does not try them again at every boot. Beside the builds
 * of a version, where no glob of the reference dkms looks:
 *
 *	M/V/.failed/K-A		"1", the digest of what the build depended on, its exit status;
 *				a line each
 *	M/V/.failed/K-A.log	its make.log
 *
 * It depended on all that is known before a build: source, directives, compiler, policy,
 * configuration, and the programs that kbuild runs. The state of the kernel's headers, of the
 * package's dependencies and of each program on PATH counts, too. If any of that differs, the build
 * is tried again.
 */

/* log: of the failed build; it stays where it is. */
int failed_remember(const struct reuse_request *request, int status, const char *log,
		    struct error *error);

/* True if the build failed with what it depends on now. *ret_log is owned by the caller. */
bool failed_recall(const struct reuse_request *request, int *ret_status, char **ret_log);

/* Best effort. */
void failed_forget(const struct settings *settings, const struct module_id *id,
		   const struct kernel_id *kernel);
