/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The making of a manifest, along with a build:
 *
 *	record_open()		source and patches are in place, no command has run
 *	record_module()		each module when it is stripped, before it is signed
 *	record_finish()		everything that the build made is still there
 *	record_close()
 *
 * What keeps a result from serving others does not fail: it is told in the manifest. An error is
 * something that cannot be read; there is no manifest then, and that does no harm.
 */
#pragma once

#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "fingerprint/headers.h"
#include "model/identity.h"
#include "model/package.h"
#include "model/settings.h"
#include "module/examine.h"
#include "reuse/manifest.h"

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
