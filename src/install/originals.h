/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own modules that dkms's replace: <tree>/M/original_module/K/A holds each with a
 * NAME.ko….origin beside it that names its former path. If several have one name, none is the
 * original. Where depmod prefers dkms's module they stay in their places. Elsewhere they go to
 * collisions/, as with the reference, and come back anyway.
 *
 * A copy of each, with an .origin of its own, is in <tree>/.dkms/originals/M/K/A, below the
 * path that it had. The reference throws away its archives at times, and does not know this
 * one.
 *
 * Everything is staged in the caller's transaction and visible when that is applied.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "install/place.h"
#include "journal/transaction.h"

/*
 * Archives what `module` replaces among `candidates`, its same-named files that are not dkms's own.
 * It is the first in extra, updates or the module's destination, else the only one anywhere. With
 * none in these and several elsewhere, all stay if depmod prefers the destination, else all go to
 * collisions.
 *
 * The first install of a module for the kernel settles that, and so does an archived original of
 * that name. Afterwards a file in the destination, which would be lost, goes to collisions. The
 * kernel's own module takes the place of the archived one if its package has brought it again.
 * Files that leave their places are added to `removals`: the caller removes or replaces them.
 */
int originals_archive(const struct placement *placement, const struct placed_module *module,
		      bool first_install, const struct strv *candidates, struct strv *removals,
		      struct transaction *transaction, struct reporter *reporter,
		      struct error *error);

/* Removes an archived file, with its .origin and the copy that is kept apart. */
int originals_discard(const struct placement *placement, const char *archived,
		      struct transaction *transaction, struct error *error);

/*
 * Puts originals back, except for modules named in `still_replaced` (may be empty), whose place
 * another version of M takes. A former path that is not below this kernel's directory, or where
 * another file is by now, is a warning and the archive kept. Into a kernel whose package is gone
 * nothing is put back; the archive goes, too. A place in `removals` is taken from there: what is
 * put back replaces what is there.
 */
int originals_restore(const struct placement *placement, const struct strv *still_replaced,
		      struct strv *removals, struct transaction *transaction,
		      struct reporter *reporter, struct error *error);
