/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of probes: a file of records, one a line, "KEY STATUS\n". A key is the FNV-1a
 * hash (128 bits, in hexadecimal) of everything that the answer depends on, the status is 0 or 1.
 * Records are only ever added, each by one write at the end of the file, so that any number of
 * processes can read and write at once. What is no record is passed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_key {
	uint64_t high, low;
};

enum { MEMORY_KEY_LENGTH = 32, MEMORY_RECORD_LENGTH = MEMORY_KEY_LENGTH + 3 };

/* A key of nothing, and one more thing that it depends on. */
struct memory_key memory_key_start(void);
void memory_key_add(struct memory_key *key, const void *data, size_t length);
/* A text with its end, so that "ab", "c" is not "a", "bc". */
void memory_key_add_text(struct memory_key *key, const char *text);

/* Writes MEMORY_RECORD_LENGTH characters and a NUL. */
void memory_format(const struct memory_key *key, int status, char *record);
/* True if the first MEMORY_RECORD_LENGTH characters of text are a record. */
bool memory_is_record(const char *text, size_t length);

/* False if the file has no such key, or cannot be read. */
bool memory_find(const char *path, const struct memory_key *key, int *ret_status);
/* Adds to a file that exists. Best effort. */
void memory_add(const char *path, const struct memory_key *key, int status);
