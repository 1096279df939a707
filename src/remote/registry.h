/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A registry, opened in the talking child: OCI's distribution protocol over HTTP. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "remote/access_json.h"
#include "remote/place.h"
#include "remote/store.h"

struct registry_store;

/* place and access must outlive it. */
int registry_store_open(struct registry_store **ret_registry, const struct place *place,
			const struct access *access, struct error *error);
void registry_store_close(struct registry_store *registry);
DEFINE_CLEANUP(struct registry_store *, registry_store_close)

struct store *registry_store(struct registry_store *registry);

/* The token that it gave, for the next child; owned by the caller, NULL: none. */
char *registry_store_token(const struct registry_store *registry);
