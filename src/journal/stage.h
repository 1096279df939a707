/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of journal/transaction.h share: stage.c collects what a transaction is to
 * change, transaction.c carries it out.
 */
#pragma once

#include <stddef.h>

#include "base/strv.h"
#include "model/settings.h"
#include "journal/journal.h"

struct transaction {
	const struct settings *settings;
	struct journal *journal;
};

/*
 * The nearest directory above target that exists, owned by the caller: new content is staged there,
 * on the same file system. Adds the missing directories below it to parents, outermost first.
 */
char *find_place(const char *target, struct strv *parents);

/* Removes an operation from the list. */
void drop_operation(struct journal *journal, size_t index);
