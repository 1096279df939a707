/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a worker to the engine: reports and, last, the result, as records on a pipe. A record is
 * one kind byte, a 32-bit length and that many bytes; both ends are the same program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/report.h"
#include "base/strv.h"
#include "base/text.h"

/* The worker's end: a reporter that writes records to fd. */
struct channel_writer {
	struct reporter reporter;
	int fd;
};

struct channel_writer channel_writer(int fd);
/* The last record: success for an unset error. */
void channel_write_result(struct channel_writer *writer, const struct error *error);

/* The engine's end: bytes as they come, records as they are complete. Start with {0}. */
struct channel_reader {
	struct buffer pending;
	bool is_idle;           /* REPORT_IDLE came, which goes no further */
	struct strv taken_back; /* of REPORT_TAKEN_BACK, as well */
	bool has_result;
	struct error result;
};

/* Takes in bytes and gives every complete report to reporter, the result to the reader. */
void channel_reader_feed(struct channel_reader *reader, const char *data, size_t length,
			 struct reporter *reporter);
void channel_reader_free(struct channel_reader *reader);
