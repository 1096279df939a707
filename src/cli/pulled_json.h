/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose build it is that was pulled, and what was found to be true of it, as JSON. */
#pragma once

#include "base/json.h"
#include "inspect/status.h"
#include "model/settings.h"

/* Adds "pulled_from" and "pulled" where the build came from another machine. */
void pulled_json_add(const struct settings *settings, const struct status_entry *entry,
		     struct json_object *object);
