/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/remembered.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 4 << 20 }; /* a file that is longer is not read */

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

static bool is_answer(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return length > 0 && length <= MEMORY_LONGEST_ANSWER;
}

size_t memory_format(const struct memory_key *key, const char *answer, memory_record record)
{
	if (!is_answer(answer, strlen(answer)))
		return 0;
	return (size_t)snprintf(record, sizeof(memory_record), "%016" PRIx64 "%016" PRIx64 " %s\n",
				key->high, key->low, answer);
}

size_t memory_record_length(const char *text, size_t length)
{
	const char *end = memchr(text, '\n', length);
	size_t answer = MEMORY_KEY_LENGTH + 1;

	if (!end || (size_t)(end - text) <= answer || text[MEMORY_KEY_LENGTH] != ' ')
		return 0;
	for (size_t i = 0; i < MEMORY_KEY_LENGTH; i++)
		if (!strchr("0123456789abcdef", text[i]) || !text[i])
			return 0;
	return is_answer(text + answer, (size_t)(end - text) - answer) ? (size_t)(end - text) + 1
								       : 0;
}

static bool find(const char *text, size_t length, const char *wanted, memory_answer ret_answer)
{
	const char *at = text, *end = text + length;

	while ((at = memmem(at, (size_t)(end - at), wanted, MEMORY_KEY_LENGTH))) {
		size_t record = at == text || at[-1] == '\n'
					? memory_record_length(at, (size_t)(end - at))
					: 0;

		if (record) {
			(void)snprintf(ret_answer, sizeof(memory_answer), "%.*s",
				       (int)(record - MEMORY_KEY_LENGTH - 2),
				       at + MEMORY_KEY_LENGTH + 1);
			return true;
		}
		at++;
	}
	return false;
}

bool memory_find(const char *path, const struct memory_key *key, memory_answer ret_answer)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	memory_record wanted;
	struct stat info;
	bool found = false;

	if (fd < 0)
		return false;
	(void)memory_format(key, "0", wanted);
	if (fstat(fd, &info) == 0 && info.st_size > 0 && info.st_size <= MOST) {
		size_t length = (size_t)info.st_size;
		char *text = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);

		if (text != MAP_FAILED) {
			found = find(text, length, wanted, ret_answer);
			(void)munmap(text, length);
		}
	}
	(void)close(fd);
	return found;
}

void memory_add(const char *path, const struct memory_key *key, const char *answer)
{
	memory_record record;
	size_t length = memory_format(key, answer, record);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, record, length);
	(void)close(fd);
}
