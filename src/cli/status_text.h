/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States as the lines that other programs read. */
#pragma once

#include "base/report.h"
#include "inspect/overview.h"

struct json_object;

/* All of it as one JSON object, owned by the caller. */
char *status_json(struct overview *overview);
/* Its "modules", owned by the caller. */
struct json_object *status_json_entries(struct overview *overview);

void status_show(const struct status_list *list, struct reporter *reporter);
