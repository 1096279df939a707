/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of transactions on paths below the root of a fixture. */
#pragma once

#include "tree/snapshot.h"

#include "journal/transaction.h"

static inline struct transaction *begin(const struct fixture *fixture)
{
	return transaction_begin(&fixture->settings, "install foo/1.0 for 6.1", "6.1");
}

/* transaction_put_data() of a text to a path below the root. */
static inline int put(struct transaction *transaction, const struct fixture *fixture,
		      const char *path, const char *text, struct error *error)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	return transaction_put_data(transaction, text, strlen(text), 0644, full, error);
}

static inline int remove_below(struct transaction *transaction, const struct fixture *fixture,
			       const char *path, struct error *error)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);

	return transaction_remove(transaction, full, error);
}

static inline int put_directory(struct transaction *transaction, const struct fixture *fixture,
				const char *from, const char *to, struct error *error)
{
	cleanup(free_string) char *directory = fixture_path(fixture, from);
	cleanup(free_string) char *target = fixture_path(fixture, to);

	return transaction_put_directory(transaction, directory, target, error);
}

static inline void prune(struct transaction *transaction, const struct fixture *fixture,
			 const char *directory, const char *stop, struct error *error)
{
	cleanup(free_string) char *full = fixture_path(fixture, directory);
	cleanup(free_string) char *end = fixture_path(fixture, stop);

	ok(transaction_prune(transaction, full, end, error), error);
}

/* The tree itself is made by the first transaction, and stays. */
static inline char *snapshot_with_tree(const struct fixture *fixture)
{
	scratch_directory(fixture->root, "var/lib/dkms");
	return snapshot(fixture);
}

/* The fixture is as it was at `before`, and no journal is left. */
static inline void expect_unchanged(const struct fixture *fixture, const char *before)
{
	cleanup(free_string) char *after = snapshot(fixture);
	cleanup(free_string) char *journals = journal_files(fixture);

	assert_string_equal(after, before);
	assert_string_equal(journals, "");
}

static inline void expect_content(const struct fixture *fixture, const char *path,
				  const char *wanted)
{
	cleanup(free_string) char *full = fixture_path(fixture, path);
	cleanup(free_string) char *content = NULL;
	struct error error = {0};

	ok(file_read(full, 1000, &content, NULL, &error), &error);
	assert_string_equal(content, wanted);
}
