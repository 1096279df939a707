/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two packages may have a module of the same name. The second to be installed archives the first
 * one's as an original; when the first is uninstalled, nobody must put it back any more.
 */
#pragma once

#include "base/error.h"
#include "base/report.h"
#include "install/place.h"
#include "journal/transaction.h"

/* Takes the modules of M/V that are among other packages' originals for this kernel from there. */
int displaced_remove(const struct placement *placement, struct transaction *transaction,
		     struct reporter *reporter, struct error *error);
