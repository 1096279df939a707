/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remembered questions and answers: a file of records, one per line, "KEY ANSWER\n". A key is the
 * FNV-1a hash (128 bits, in hexadecimal) of everything that the answer depends on. An answer is a
 * line that can be printed: the exit status, 0 or 1, or what was said. Records are only added, each
 * by one write at the end of the file. So any number of processes can read and write at once.
 * Readers skip everything that is no record.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory_key {
	uint64_t high, low;
};

enum {
	MEMORY_KEY_LENGTH = 32,
	MEMORY_LONGEST_ANSWER = 255,
	MEMORY_LONGEST_RECORD = MEMORY_KEY_LENGTH + 1 + MEMORY_LONGEST_ANSWER + 1,
};

/* A key of nothing, and one more thing that it depends on. */
struct memory_key memory_key_start(void);
void memory_key_add(struct memory_key *key, const void *data, size_t length);
/* A text with its end, so that "ab", "c" is not "a", "bc". */
void memory_key_add_text(struct memory_key *key, const char *text);

/* Room for a record, or an answer, and a NUL. */
typedef char memory_record[MEMORY_LONGEST_RECORD + 1];
typedef char memory_answer[MEMORY_LONGEST_ANSWER + 1];

/* Returns the record's length; 0 if the answer is none. */
size_t memory_format(const struct memory_key *key, const char *answer, memory_record record);
/* The length of the record that text begins with, 0 if it is none. */
size_t memory_record_length(const char *text, size_t length);

/* False if the file has no such key, or cannot be read. */
bool memory_find(const char *path, const struct memory_key *key, memory_answer ret_answer);
/* Adds to a file that exists. Best effort. */
void memory_add(const char *path, const struct memory_key *key, const char *answer);
