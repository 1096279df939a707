/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/channel.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

#define KIND_RESULT 255

struct header {
	uint8_t kind;
	uint32_t length;
} __attribute__((packed));

/* A parent that is gone cannot be told anything any more: a failing write changes nothing. */
static void write_record(int fd, uint8_t kind, const void *data, size_t length)
{
	const struct header header = {kind, (uint32_t)length};
	struct buffer record = {0};

	buffer_add(&record, &header, sizeof(header));
	buffer_add(&record, data, length);
	(void)file_write_all(fd, record.data, record.length);
	buffer_free(&record);
}

static void emit(struct reporter *reporter, enum report_kind kind, const char *text)
{
	write_record(((struct channel_writer *)reporter)->fd, (uint8_t)kind, text, strlen(text));
}

struct channel_writer channel_writer(int fd)
{
	return (struct channel_writer){.reporter = {emit}, .fd = fd};
}

void channel_write_result(struct channel_writer *writer, const struct error *error)
{
	const int32_t numbers[2] = {error->code, error->exit_status};
	struct buffer result = {0};

	buffer_add(&result, numbers, sizeof(numbers));
	buffer_add_text(&result, error->message ? error->message : "");
	write_record(writer->fd, KIND_RESULT, result.data, result.length);
	buffer_free(&result);
}

static void take_result(struct channel_reader *reader, const char *data, size_t length)
{
	int32_t numbers[2];

	if (length < sizeof(numbers) || reader->has_result)
		return;
	memcpy(numbers, data, sizeof(numbers));
	reader->has_result = true;
	if (numbers[0])
		reader->result = (struct error){
			numbers[0], numbers[1],
			xstrndup(data + sizeof(numbers), length - sizeof(numbers))};
}

void channel_reader_feed(struct channel_reader *reader, const char *data, size_t length,
			 struct reporter *reporter)
{
	struct buffer *pending = &reader->pending;
	size_t start = 0;

	buffer_add(pending, data, length);
	for (;;) {
		struct header header;

		if (pending->length - start < sizeof(header))
			break;
		memcpy(&header, pending->data + start, sizeof(header));
		if (pending->length - start - sizeof(header) < header.length)
			break;
		const char *body = pending->data + start + sizeof(header);

		if (header.kind == KIND_RESULT) {
			take_result(reader, body, header.length);
		} else if (header.kind == REPORT_IDLE) {
			reader->is_idle = true;
		} else {
			char *text = xstrndup(body, header.length);

			if (header.kind == REPORT_TAKEN_BACK)
				strv_add(&reader->taken_back, text);
			else
				report_text(reporter, (enum report_kind)header.kind, text);
			free(text);
		}
		start += sizeof(header) + header.length;
	}
	memmove(pending->data, pending->data + start, pending->length - start);
	pending->length -= start;
}

void channel_reader_free(struct channel_reader *reader)
{
	buffer_free(&reader->pending);
	strv_free(&reader->taken_back);
	error_clear(&reader->result);
}
