/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of journal/transaction.h share: stage.c and transaction.c. */
#pragma once

#include <stddef.h>

#include "model/settings.h"
#include "journal/journal.h"

struct transaction {
	const struct settings *settings;
	struct journal *journal;
	size_t next_number; /* of the names beside targets */
	size_t announced;   /* so many of the journal's stages are on disk */
};

/* Forgets an operation, with the content that was prepared for it. */
void drop_operation(struct journal *journal, size_t index);
