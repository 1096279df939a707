/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a finished build has read. kbuild recorded them in the build directory
 * (fingerprint/cmd_file.h).
 *
 *	snapshot_take()		once source and patches are in place, before any command
 *	...			the build
 *	build_trace_read()
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "base/strv.h"
#include "fingerprint/headers.h"

/* The files of a directory as they are now. Start with {0}. */
struct snapshot {
	struct strmap files;
};

int snapshot_take(const char *directory, struct snapshot *snapshot, struct error *error);
void snapshot_free(struct snapshot *snapshot);

struct build_trace {
	struct strmap headers; /* name (fingerprint/headers.h) → digest, owned */
	char *probing;         /* its objects read files that the build made: which. NULL: none */
	char *unfit;           /* why the result cannot serve another kernel; NULL: it may */
};

struct trace_request {
	const char *build;       /* the build directory */
	uid_t id;                /* of the build's commands; 0: root ran them */
	const char *shown_build; /* as commands saw it */
	const struct snapshot *snapshot;
	struct headers *headers;
	const struct strv *products; /* "LOCATION/NAME", without .ko, below the build directory */
};

/*
 * A stranger's build wrote the records: a confined worker (cage/worker.h) reads them, and looks at
 * what they name outside the kernel's trees. What it dies of makes the result unfit. Fails only if
 * dkms is to stop, or the build directory is not there. Start with {0}; release with
 * build_trace_free().
 */
int build_trace_read(const struct trace_request *request, struct build_trace *ret_trace,
		     struct error *error);
void build_trace_free(struct build_trace *trace);
