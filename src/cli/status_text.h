/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States as the lines that other programs read. */
#pragma once

#include "base/report.h"
#include "inspect/status.h"

#include "model/settings.h"

/* All of it as one JSON object, owned by the caller. */
char *status_json(const struct settings *settings, const struct status_list *list);

void status_show(const struct status_list *list, struct reporter *reporter);
