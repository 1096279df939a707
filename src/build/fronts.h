/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fronts (src/shim/) that a caged build meets in the place of programs: compiler-front and
 * make-front by way of a directory of links that is first on its PATH, shell-front as /bin/sh
 * itself. Each of them starts what it stands before.
 */
#pragma once

#include "build/builder.h"

/* The path of a front, owned by the caller; NULL: it is not installed. */
char *fronts_find(const char *name);
/* That of shell-front; NULL: it can stand for no shell but dash, and this is another. */
char *fronts_shell(void);

/*
 * In CAGE_FULL makes the directory, with make's links, and puts it on the PATH of the build's
 * environment. Whatever goes wrong, the build goes on without.
 */
void fronts_lay(struct builder *builder);
/* Adds the compilers' links; false: not all are there. */
bool fronts_lay_compilers(const struct builder *builder);
/* The directory where it is outside the cage, owned by the caller. */
char *fronts_directory(const struct builder *builder);
