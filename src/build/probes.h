/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of kbuild's option probes. kbuild asks the compiler thirty times which options it
 * takes, in each build the same; this is most of a small module's build. compiler-front (src/shim/)
 * stands first on a caged build's PATH and knows the answers.
 *
 * Who can write what: a build reads a copy of what dkms knows. What a build finds out, it alone
 * reads again, and not after its end. What dkms knows it has learned by itself. It runs
 * the kernel's own kbuild over an empty directory, in the cage of a build, before anything of
 * the module is there. So no module can make another's build believe anything.
 *
 * A run that builds only one module for a kernel does not learn: that takes about as long as it
 * saves. It still uses known answers: many for a kernel whose predecessor is known.
 *
 * The memory is /var/cache/dkms/probes/answers; a tree elsewhere than /var/lib/dkms has its own.
 * It may be removed at any time.
 *
 * With remember_probes=no there is only what this build finds out itself, of other programs than
 * the compiler: shell-front keeps no probe then.
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

/*
 * Puts compiler-front beside the fronts that are there, if the build is caged and
 * settings allow. The build directory must be empty, and is not afterwards. Whatever goes wrong,
 * the build goes on without.
 */
void probes_prepare(struct builder *builder);
