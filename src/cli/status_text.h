/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States as the lines that other programs read. */
#pragma once

#include "base/report.h"
#include "inspect/status.h"

void status_show(const struct status_list *list, struct reporter *reporter);
