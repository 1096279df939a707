/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the stages of one build, and the stages in the order of their calls. */
#pragma once

#include <time.h>

#include "build/build.h"
#include "build/make_log.h"
#include "build/workspace.h"
#include "cage/cage.h"
#include "module/examine.h"
#include "reuse/record.h"

struct builder {
	const struct build_request *request;
	const struct reuse_candidate *candidate; /* to take the modules from; NULL: compile */
	struct reuse_candidate *pulled; /* that candidate, if it was pulled for this build */
	struct workspace *workspace;
	struct cage *cage;
	struct make_log *log;
	struct strv environment;
	struct kernel_toolchain toolchain;
	struct timespec begun; /* before any command ran */
	int make_status;       /* of the build command, once it has run; 128 + N after signal N */
	struct build_record *record; /* NULL: what this build depends on is not recorded */
	struct manifest *manifest;   /* NULL: not known (yet) */
};

/* The labels of steps that a build which is taken from the cache shows, too. */
#define LABEL_PATCH    "Applying patch %s"
#define LABEL_BUILDING "Building module(s)"

/* visible.c: paths that a build reads, wherever the administrator put them, and directories of
 * which it sees nothing else. */
void visible_paths(const struct build_request *request, const struct strv *environment,
		   struct strv *hidden, struct strv *visible);
/*
 * Takes directories out of PATH that a caged build cannot search: make would call a program that
 * is nowhere forbidden, not missing.
 */
void visible_drop_closed(const struct settings *settings, struct strv *environment);

/* source.c: EXIT_BAD_CONF for a source with fewer than two entries. */
int source_check(const struct settings *settings, const struct module_id *id, struct error *error);
/* Copies the source into the build directory and lays /etc/dkms/M/patches over its patches. */
int source_copy(const struct builder *builder, struct error *error);

/* commands.c: EXIT_PATCH_MISSING, EXIT_INSTALL. */
int patches_apply(const struct builder *builder, struct error *error);

/* commands.c: a failing command is an error: EXIT_BUILD_FAILED or the script's own status. */
int commands_run_pre_build(const struct builder *builder, struct error *error);
int commands_run_make(struct builder *builder, struct error *error);
int commands_run_post_build(const struct builder *builder, struct error *error);

/* products.c: EXIT_NO_PRODUCT unless every expected module is a file in the build directory. */
int products_check(const struct builder *builder, struct error *error);
/* Strips them in the cage, copies them to the stage, signs and compresses them there. */
int products_stage(struct builder *builder, struct error *error);
/*
 * Has a confined worker read module files (module/examine.h): EXIT_NO_PRODUCT for what is no kernel
 * module. ret_modules has an element for each path.
 */
int products_examine(const struct builder *builder, const struct strv *paths,
		     struct examined_module *ret_modules, struct error *error);
/* One unsigned module in the stage → signed and compressed; shown is what messages call it. */
int products_finish_module(const struct build_request *request, const char *path, const char *shown,
			   struct error *error);
/*
 * publish.c: what the build depends on (reuse/record.h). Begun before any command runs; a module
 * is taken before it is signed. A manifest that cannot be made is told in verbose mode only. It is
 * written to what will be M/V/K/A when no command runs any more.
 */
void manifest_begin(struct builder *builder);
void manifest_take_module(struct builder *builder, const struct built_module *module,
			  const char *path, const struct examined_module *examined);
void manifest_end(struct builder *builder);

/*
 * reused.c: false in *ret_reused if the candidate does not fit any more or is damaged, which has
 * been reported; the stage is as it was then. Otherwise the stage is complete.
 */
int reused_stage(const struct builder *builder, bool *ret_reused, struct error *error);

/*
 * The same of a build that another machine has made. Fails if there is none and nothing may
 * be compiled.
 */
int pull_stage(struct builder *builder, bool *ret_taken, struct error *error);

/*
 * publish.c: modules of these names that appeared below the kernel's directory since the build
 * began, where no cage kept its commands from installing them: into M/V/K/A.
 */
void strays_begin(struct builder *builder);

/* publish.c: POST_BUILD and the one rename. */
int publish(const struct builder *builder, struct error *error);
/* Only keeps the modules of the stage. */
int publish_to_cache(const struct builder *builder);

/* Adds the lines of a log that say what is wrong, then what that means. */
void failure_explain(const struct builder *builder, const char *log, struct error *error);

/* failure.c: explains the error from make.log, which stays with the build directory. */
void failure_report(const struct builder *builder, struct error *error);
