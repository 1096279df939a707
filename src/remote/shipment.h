/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files on their way to a place: blobs first, then the manifest under each of its tags. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strv.h"
#include "remote/session.h"

/* A file that goes out as it is. */
struct upload {
	char *digest;
	uint64_t size;
	int fd;
	bool is_new; /* it was sent now: it was not there */
};

/* Start with {0}; release with shipment_release(). */
struct shipment {
	char *repository;
	struct upload *uploads;
	size_t count;
	char *text;              /* of the manifest */
	const struct strv *tags; /* the last is put last */
	bool is_named;           /* at least one leads to it now */
};

void shipment_release(struct shipment *shipment);

/* A regular file of at most limit bytes; a link is an error. */
int shipment_add(struct shipment *shipment, const char *path, uint64_t limit, struct error *error);
/* The same of an opened file, which it takes; path names it in messages. */
int shipment_add_opened(struct shipment *shipment, int fd, const char *path, struct error *error);
/* The one that was added last. */
const struct upload *shipment_last(const struct shipment *shipment);

/* Opens what is to go out: a regular file, no link. */
int shipment_open(const char *path, int *ret_fd, struct error *error);

/* Sends all of it. Fills *ret_pushed, whose manifest_digest is owned by the caller. */
int shipment_send(struct remote_session *session, struct base *base, struct shipment *shipment,
		  struct remote_pushed *ret_pushed, struct error *error);
