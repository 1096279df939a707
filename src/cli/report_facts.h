/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dkms report: this machine's modules at a glance. What is known becomes one JSON object, which
 * --json prints as it is, and from which the text and the page are made.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/invocation.h"

/* Released with json_object_put(). NULL after an error. */
struct json_object *report_facts(const struct invocation *invocation, struct error *error);

/* One page that needs nothing else, owned by the caller. */
char *report_page(struct json_object *facts);

/* "2026-11-23 11:30", owned by the caller. */
char *report_date(int64_t when);

/* Members of an object: a text ("" if there is none), a number, the elements of an array. */
const char *fact_text(struct json_object *object, const char *key);
int64_t fact_number(struct json_object *object, const char *key);
size_t fact_count(struct json_object *object, const char *key);
struct json_object *fact_item(struct json_object *object, const char *key, size_t index);
/* The object that is a member, or NULL. */
struct json_object *fact_object(struct json_object *object, const char *key);
