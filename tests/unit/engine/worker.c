/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "engine/worker.h"

struct recorder {
	struct reporter reporter;
	struct strv lines;
};

static void record(struct reporter *reporter, enum report_kind kind, const char *text)
{
	strv_add_format(&((struct recorder *)reporter)->lines, "%d %s", (int)kind, text);
}

/* What a worker wrote, byte by byte as a slow pipe may give it. */
static void records_survive_any_cut(void **state)
{
	struct recorder recorder = {{record}, {0}};
	struct channel_reader reader = {0};
	struct error error = {0};
	char bytes[1024];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	struct channel_writer writer = channel_writer(ends[1]);

	report(&writer.reporter, REPORT_LINE, "hello %d", 1);
	report_text(&writer.reporter, REPORT_STEP_DONE, "");
	report_text(&writer.reporter, REPORT_IDLE, "");
	(void)error_set(&error, -ENOSPC, EXIT_INSTALL, "disk full\nmake room");
	channel_write_result(&writer, &error);
	error_clear(&error);
	(void)close(ends[1]);
	ssize_t length = read(ends[0], bytes, sizeof(bytes));

	for (ssize_t i = 0; i < length; i++)
		channel_reader_feed(&reader, bytes + i, 1, &recorder.reporter);
	(void)close(ends[0]);
	assert_int_equal(recorder.lines.count, 2);
	assert_string_equal(recorder.lines.items[0], "0 hello 1");
	assert_string_equal(recorder.lines.items[1], "2 ");
	assert_true(reader.is_idle);
	assert_true(reader.has_result);
	assert_int_equal(reader.result.code, -ENOSPC);
	assert_int_equal(reader.result.exit_status, EXIT_INSTALL);
	assert_string_equal(reader.result.message, "disk full\nmake room");
	channel_reader_free(&reader);
	strv_free(&recorder.lines);
}

static void a_queue_keeps_order_and_bounds_output(void **state)
{
	struct recorder recorder = {{record}, {0}};
	struct report_queue queue;
	static char large[600000];

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	report_queue_init(&queue);
	report_text(&queue.reporter, REPORT_LINE, "first");
	report_text(&queue.reporter, REPORT_OUTPUT, large);
	report_text(&queue.reporter, REPORT_OUTPUT, large);
	report_text(&queue.reporter, REPORT_OUTPUT, large);
	report_text(&queue.reporter, REPORT_LINE, "last");
	assert_int_equal(recorder.lines.count, 0);
	report_queue_open(&queue, &recorder.reporter);
	report_text(&queue.reporter, REPORT_LINE, "straight through");
	assert_int_equal(recorder.lines.count, 5);
	assert_string_equal(recorder.lines.items[2], "3 \n[output cut]\n");
	assert_string_equal(recorder.lines.items[3], "0 last");
	assert_string_equal(recorder.lines.items[4], "0 straight through");
	report_queue_free(&queue);
	strv_free(&recorder.lines);
}

UNIT_MAIN(cmocka_unit_test(records_survive_any_cut),
	  cmocka_unit_test(a_queue_keeps_order_and_bounds_output))
