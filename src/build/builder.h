/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the stages of one build share, and those stages in the order in which they are called. */
#pragma once

#include "build/build.h"
#include "cage/cage.h"
#include "build/make_log.h"
#include "build/workspace.h"

struct builder {
	const struct build_request *request;
	struct workspace *workspace;
	struct cage *cage;
	struct make_log *log;
	struct strv environment;
	struct kernel_toolchain toolchain;
};

/* source.c: EXIT_BAD_CONF for a source with fewer than two entries. */
int source_check(const struct settings *settings, const struct module_id *id, struct error *error);
/* Copies the source into the build directory and lays /etc/dkms/M/patches over its patches. */
int source_copy(const struct builder *builder, struct error *error);

/* patches.c: EXIT_PATCH_MISSING, EXIT_INSTALL. */
int patches_apply(const struct builder *builder, struct error *error);

/* commands.c: a failing command is an error: EXIT_BUILD_FAILED or the script's own status. */
int commands_run_pre_build(const struct builder *builder, struct error *error);
int commands_run_make(const struct builder *builder, struct error *error);
int commands_run_post_build(const struct builder *builder, struct error *error);

/* products.c: EXIT_NO_PRODUCT unless every expected module is a file in the build directory. */
int products_check(const struct builder *builder, struct error *error);
/* Copies them to the stage, strips, signs and compresses them there. */
int products_stage(const struct builder *builder, struct error *error);
/* After POST_BUILD had its way with the stage: all of it root's, every module a regular file. */
int products_seal(const struct builder *builder, const char *directory, struct error *error);

/* publish.c: POST_BUILD and the one rename. */
int publish(const struct builder *builder, struct error *error);

/* failure.c: explains the error from make.log, which stays with the build directory. */
void failure_report(const struct builder *builder, struct error *error);
