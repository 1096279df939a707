/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The builds of one module version, read from opened directories. A status asks a thousand times
 * what tree/registry.h says of builds. Most of the time of such a question goes into path lookup.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "model/identity.h"
#include "model/settings.h"

/* What may be a build, M/V/K/A, while it is being visited. */
struct surveyed_build {
	const struct settings *settings;
	const struct module_id *id;
	struct kernel_id kernel;
	int module;  /* M, opened */
	int release; /* M/V/K, opened */
};

/* 0 or a negative errno, with which the survey ends. */
typedef int survey_visitor(const struct surveyed_build *build, void *context, struct error *error);

/*
 * Visits every directory M/V/K/A in the order in which the directories have them. A version that is
 * not there has none.
 */
int survey_builds(const struct settings *settings, const struct module_id *id,
		  survey_visitor *visit, void *context, struct error *error);

/* It is one: M/V/K/A/module is a directory. */
bool survey_is_built(const struct surveyed_build *build);
/* A module that it was made with is not in it any more; without a record: none is. */
bool survey_lacks_modules(const struct surveyed_build *build);
/* The active link of K/A points to it. */
bool survey_is_active(const struct surveyed_build *build);
/* As registry_reused_from(). */
char *survey_reused_from(const struct surveyed_build *build);
/* The host that it was pulled from, owned by the caller; NULL: it was made here. */
char *survey_pulled_from(const struct surveyed_build *build);
