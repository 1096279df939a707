/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of build_trace_read() (fingerprint/trace.h) that runs in a confined worker. */
#pragma once

#include "fingerprint/trace.h"

enum { TRACE_HEADERS_MAX = 65536 };

/* Where a header is by its name: what a build may have read, and who may look. */
enum trace_place {
	TRACE_NOWHERE, /* no place of headers, or no plain name: nobody looks */
	TRACE_KERNEL,  /* in one of the kernel's trees: root, who keeps the digest for other builds
			*/
	TRACE_SYSTEM,  /* where programs install headers: the worker */
};

enum trace_place trace_place_of(const char *name);

/* Keeps the first reason. */
void trace_set_reason(char **reason, char *owned_text);

/* The build directory is the process's own. The digests of the kernel's headers are "". */
int trace_gather(const struct trace_request *request, struct build_trace *ret_trace,
		 struct error *error);
