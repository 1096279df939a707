/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "front/memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	RECORDS_AT_ONCE = 512,
	MOST_READS = 64, /* a file is read no further */
};

struct memory_key memory_key_start(void)
{
	return (struct memory_key){.high = 0x6c62272e07bb0142, .low = 0x62b821756295c58d};
}

/* Times the prime 2^88 + 0x13b, modulo 2^128. */
static void multiply(struct memory_key *key)
{
	uint64_t lower = (key->low & 0xffffffff) * 0x13b;
	uint64_t upper = (key->low >> 32) * 0x13b + (lower >> 32);

	key->high = key->high * 0x13b + (upper >> 32) + (key->low << 24);
	key->low = upper << 32 | (lower & 0xffffffff);
}

void memory_key_add(struct memory_key *key, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i++) {
		key->low ^= bytes[i];
		multiply(key);
	}
}

void memory_key_add_text(struct memory_key *key, const char *text)
{
	memory_key_add(key, text, strlen(text) + 1);
}

void memory_format(const struct memory_key *key, int status, char *record)
{
	(void)snprintf(record, MEMORY_RECORD_LENGTH + 1, "%016" PRIx64 "%016" PRIx64 " %d\n",
		       key->high, key->low, status & 1);
}

bool memory_is_record(const char *text, size_t length)
{
	return length >= MEMORY_RECORD_LENGTH &&
	       strspn(text, "0123456789abcdef") == MEMORY_KEY_LENGTH &&
	       text[MEMORY_KEY_LENGTH] == ' ' &&
	       (text[MEMORY_KEY_LENGTH + 1] == '0' || text[MEMORY_KEY_LENGTH + 1] == '1') &&
	       text[MEMORY_KEY_LENGTH + 2] == '\n';
}

/* Whole records until the end of the file; bytes are passed over that are none. */
bool memory_find(const char *path, const struct memory_key *key, int *ret_status)
{
	char buffer[RECORDS_AT_ONCE * MEMORY_RECORD_LENGTH + 1];
	char wanted[MEMORY_RECORD_LENGTH + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool found = false;
	ssize_t got = 1;

	if (fd < 0)
		return false;
	memory_format(key, 0, wanted);
	for (int i = 0; i < MOST_READS && got > 0 && !found; i++) {
		got = read(fd, buffer, sizeof(buffer) - 1);
		if (got < 0)
			break;
		buffer[got] = '\0';
		for (ssize_t at = 0; at + MEMORY_RECORD_LENGTH <= got && !found;
		     at += MEMORY_RECORD_LENGTH) {
			found = memcmp(buffer + at, wanted, MEMORY_KEY_LENGTH) == 0 &&
				memory_is_record(buffer + at, (size_t)(got - at));
			if (found)
				*ret_status = buffer[at + MEMORY_KEY_LENGTH + 1] - '0';
		}
	}
	(void)close(fd);
	return found;
}

void memory_add(const char *path, const struct memory_key *key, int status)
{
	char record[MEMORY_RECORD_LENGTH + 1];
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return;
	memory_format(key, status, record);
	(void)!write(fd, record, MEMORY_RECORD_LENGTH);
	(void)close(fd);
}
