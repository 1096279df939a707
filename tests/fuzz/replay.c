/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay COUNT SEED_FILE…
 *
 * Feeds the seeds as they are, then COUNT mutations of them, the same in every run: bytes changed,
 * removed, doubled, cut off, and pieces of two seeds put together. The sanitizers find what goes
 * wrong. It needs no clang; tests/fuzz/fuzz searches longer and better.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST = 1 << 16, SEEDS = 256 };

struct seed {
	uint8_t *data;
	size_t size;
};

static uint64_t state = 0x9e3779b97f4a7c15;

/* xorshift64 (Marsaglia 2003): 0 … limit - 1. */
static size_t dice(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return limit ? (size_t)(state % limit) : 0;
}

/* An exact copy in memory of its own, so that a byte too far is found. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static struct seed read_seed(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct seed seed = {.data = malloc(LARGEST)};

	if (!file || !seed.data) {
		perror(path);
		exit(2);
	}
	seed.size = fread(seed.data, 1, LARGEST, file);
	(void)fclose(file);
	return seed;
}

static size_t change(uint8_t *data, size_t size)
{
	static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, '\n', ' ', '"', '\\', '/'};
	size_t at = dice(size), length = dice(size - at < 16 ? size - at : 16);

	switch (dice(6)) {
	case 0:
		data[at] ^= (uint8_t)(1U << dice(8));
		return size;
	case 1:
		data[at] = odd[dice(sizeof(odd))];
		return size;
	case 2:
		memset(data + at, odd[dice(sizeof(odd))], length);
		return size;
	case 3:
		memmove(data + at, data + at + length, size - at - length);
		return size - length;
	case 4:
		if (size + length > LARGEST)
			return size;
		memmove(data + at + length, data + at, size - at);
		return size + length;
	default:
		return at;
	}
}

static void mutate(const struct seed *seeds, size_t count)
{
	static uint8_t data[LARGEST];
	const struct seed *one = &seeds[dice(count)], *other = &seeds[dice(count)];
	size_t size = one->size, tail = dice(other->size);

	memcpy(data, one->data, size);
	if (dice(8) == 0) {
		size = dice(size);
		if (size + other->size - tail > LARGEST)
			tail = other->size;
		memcpy(data + size, other->data + tail, other->size - tail);
		size += other->size - tail;
	}
	for (size_t changes = 1 + dice(4); changes && size; changes--)
		size = change(data, size);
	feed(data, size);
}

int main(int argc, char **argv)
{
	static struct seed seeds[SEEDS];
	size_t count = 0;

	if (argc < 3) {
		fputs("usage: replay COUNT SEED_FILE...\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc && count < SEEDS; i++)
		seeds[count++] = read_seed(argv[i]);
	for (size_t i = 0; i < count; i++)
		feed(seeds[i].data, seeds[i].size);
	for (long left = strtol(argv[1], NULL, 10); left > 0; left--)
		mutate(seeds, count);
	for (size_t i = 0; i < count; i++)
		free(seeds[i].data);
	return 0;
}
