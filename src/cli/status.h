/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms status, as text and as JSON, and the origin of a build that was pulled. */
#pragma once

#include "base/json.h"
#include "inspect/why.h"
#include "model/identity.h"
#include "model/settings.h"

/* Adds "pulled_from" and "pulled" where the build came from another machine. */
void pulled_json_add(const struct settings *settings, const struct module_id *id,
		     const struct kernel_id *kernel, struct json_object *object);

/* The same for people, "hello/1.0, K, A: pulled from …", owned by the caller; NULL: it was built
 * here. */
char *pulled_line(const struct settings *settings, const struct module_id *id,
		  const struct kernel_id *kernel);

/* Its "modules", owned by the caller. */
struct json_object *status_json_entries(struct overview *overview);
