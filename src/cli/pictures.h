/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawings as SVG, for their own actions and for dkms report. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "tree/runs.h"

/* A run: a row for each job. Owned by the caller. */
char *timeline_picture(const struct run *run);

/* Draws text in Graphviz's language; the picture is owned by the caller. */
int graph_picture(const char *text, char **ret_picture, size_t *ret_length, struct error *error);
