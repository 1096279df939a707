/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/unreachable.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"

/* Further places are asked again by each process. */
enum { ENTRIES = 16, REASON_MAX = 800 };

enum entry_state { FREE, BEING_WRITTEN, WRITTEN };

struct entry {
	_Atomic int state;
	char place[DIGEST_LENGTH + 1]; /* digest of its text */
	char reason[REASON_MAX];
};

struct unreachable_places {
	struct entry entries[ENTRIES];
};

struct unreachable_places *unreachable_new(void)
{
	void *shared = mmap(NULL, sizeof(struct unreachable_places), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		abort();
	return shared;
}

void unreachable_free(struct unreachable_places *unreachable)
{
	(void)munmap(unreachable, sizeof(*unreachable));
}

static bool is_of(const struct entry *entry, const char *digest)
{
	return atomic_load(&entry->state) == WRITTEN &&
	       strncmp(entry->place, digest, DIGEST_LENGTH) == 0;
}

void unreachable_add(struct unreachable_places *unreachable, const char *place, const char *reason)
{
	cleanup(free_string) char *digest = digest_of(place, strlen(place));

	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &unreachable->entries[i];
		int expected = FREE;

		if (is_of(entry, digest))
			return;
		if (!atomic_compare_exchange_strong(&entry->state, &expected, BEING_WRITTEN))
			continue;
		(void)snprintf(entry->place, sizeof(entry->place), "%s", digest);
		(void)snprintf(entry->reason, sizeof(entry->reason), "%s", reason);
		atomic_store(&entry->state, WRITTEN);
		return;
	}
}

char *unreachable_reason(const struct unreachable_places *unreachable, const char *place)
{
	cleanup(free_string) char *digest = digest_of(place, strlen(place));

	for (size_t i = 0; i < ENTRIES; i++)
		if (is_of(&unreachable->entries[i], digest))
			return xstrndup(unreachable->entries[i].reason, REASON_MAX - 1);
	return NULL;
}
