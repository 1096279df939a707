/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build_limits as a build has them, and what is said of one that was hit. */
#pragma once

#include "build/builder.h"

struct cage_limits limits_of(const struct build_limits *limits);

/* Adds to the error of a failed build which limit it ran into, if any, and the setting. */
void limits_explain(const struct builder *builder, struct error *error);
