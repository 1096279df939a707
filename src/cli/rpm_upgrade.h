/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --rpm_safe_upgrade. rpm installs the new package of a module before it removes the old one; when
 * both are of the same version, the old one's scriptlet would remove what the new one's has just
 * added. So add leaves a marker, <tmp>/dkms_rpm_safe_upgrade_lock.<pid of rpm>.<random>, holding
 * "M-V", and a remove that is started by the same rpm finds it and is called off.
 */
#pragma once

#include <stdbool.h>

#include "cli/invocation.h"

int rpm_upgrade_mark(const struct invocation *invocation, struct error *error);
/* True if there was a marker for this module and version; it is gone then. */
bool rpm_upgrade_calls_off(const struct invocation *invocation);
