/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/graveyard.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"

/* Further places are asked again by each process. */
enum { GRAVES = 16, REASON_MAX = 800 };

enum grave_state { FREE, DUG, CLOSED };

struct grave {
	_Atomic int state;
	char place[DIGEST_LENGTH + 1]; /* digest of its text */
	char reason[REASON_MAX];
};

struct graveyard {
	struct grave graves[GRAVES];
};

struct graveyard *graveyard_new(void)
{
	void *shared = mmap(NULL, sizeof(struct graveyard), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		abort();
	return shared;
}

void graveyard_free(struct graveyard *graveyard)
{
	(void)munmap(graveyard, sizeof(*graveyard));
}

static bool is_of(const struct grave *grave, const char *digest)
{
	return atomic_load(&grave->state) == CLOSED &&
	       strncmp(grave->place, digest, DIGEST_LENGTH) == 0;
}

void graveyard_bury(struct graveyard *graveyard, const char *place, const char *reason)
{
	cleanup(free_string) char *digest = digest_of(place, strlen(place));

	for (size_t i = 0; i < GRAVES; i++) {
		struct grave *grave = &graveyard->graves[i];
		int expected = FREE;

		if (is_of(grave, digest))
			return;
		if (!atomic_compare_exchange_strong(&grave->state, &expected, DUG))
			continue;
		(void)snprintf(grave->place, sizeof(grave->place), "%s", digest);
		(void)snprintf(grave->reason, sizeof(grave->reason), "%s", reason);
		atomic_store(&grave->state, CLOSED);
		return;
	}
}

char *graveyard_reason(const struct graveyard *graveyard, const char *place)
{
	cleanup(free_string) char *digest = digest_of(place, strlen(place));

	for (size_t i = 0; i < GRAVES; i++)
		if (is_of(&graveyard->graves[i], digest))
			return xstrndup(graveyard->graves[i].reason, REASON_MAX - 1);
	return NULL;
}
