/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "journal/apply.h"
#include "journal/journal.h"
#include "journal/transaction.h"
#include "tree/layout.h"

/* Journals in the order in which they were applied. */
struct journals {
	const struct settings *settings;
	struct journal **items;
	size_t count;
	int lock; /* nobody adds, settles or removes one meanwhile */
};

static void journals_free(struct journals *journals)
{
	for (size_t i = 0; i < journals->count; i++)
		journal_free(journals->items[i]);
	free(journals->items);
	close_fd(&journals->lock);
}

/* Loads all journals, or none if dkms cannot read one: they may build on each other. */
static int load_all(const struct settings *settings, struct journals *journals, struct error *error)
{
	cleanup(free_string) char *directory = layout_private(settings, "journal");
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	journals->settings = settings;
	journals->lock = -1;
	if (!file_exists(directory))
		return 0;
	journals->lock = journal_lock(settings, error);
	if (journals->lock < 0 || journal_list(settings, &names, error) < 0)
		return error->code;
	journals->items = xcalloc(names.count + 1, sizeof(struct journal *));
	STRV_FOREACH (name, &names)
		if (journal_load(settings, name, &journals->items[journals->count++], error) < 0)
			return error->code;
	return 0;
}

/*
 * Selects this group, or with NULL all that this dkms decides about: its own, if a script of
 * another dkms started it; else everything.
 */
static bool is_selected(const struct journals *journals, const struct journal *journal,
			const char *group)
{
	int owner = journals->settings->nested;

	if (group)
		return text_equal(journal->group, group) && journal->owner == owner;
	return !owner || journal->owner == owner;
}

/*
 * The decision for all journals is written before anything is cleared away. As long as one journal
 * holds it, recovery knows how to finish the others.
 */
static int commit_group(const struct journals *journals, const char *group, struct error *error)
{
	for (size_t i = 0; i < journals->count; i++) {
		struct journal *journal = journals->items[i];

		if (is_selected(journals, journal, group) && journal->state == JOURNAL_APPLIED &&
		    journal_set_state(journal, JOURNAL_COMMITTED, error) < 0)
			return error->code;
	}
	for (size_t i = 0; i < journals->count; i++) {
		struct journal *journal = journals->items[i];

		if (is_selected(journals, journal, group) && journal->state == JOURNAL_COMMITTED &&
		    journal_commit(journal, error) < 0)
			return error->code;
	}
	return 0;
}

/* True if its group was being committed when that was cut off. */
static bool is_decided(const struct journals *journals, const struct journal *journal)
{
	if (!journal->group || journal->state != JOURNAL_APPLIED)
		return false;
	for (size_t i = 0; i < journals->count; i++)
		if (journals->items[i]->state == JOURNAL_COMMITTED &&
		    journals->items[i]->owner == journal->owner &&
		    text_equal(journals->items[i]->group, journal->group))
			return true;
	return false;
}

/* Before the record of the decision goes, in the order in which the journals were applied. */
static int finish_decided(const struct journals *journals, struct error *error)
{
	for (size_t i = 0; i < journals->count; i++)
		if (is_decided(journals, journals->items[i]) &&
		    journal_set_state(journals->items[i], JOURNAL_COMMITTED, error) < 0)
			return error->code;
	return 0;
}

/* The last change first. Goes on past failures, so that as much as possible is as it was. */
static int roll_back_group(const struct journals *journals, const char *group, struct error *error)
{
	for (size_t i = journals->count; i-- > 0;) {
		struct journal *journal = journals->items[i];
		struct error failure = {0};

		if (journal->path && is_selected(journals, journal, group) &&
		    journal_rollback(journal, &failure) < 0)
			error_move(error, &failure);
	}
	return error->code;
}

int transactions_finish(const struct settings *settings, const char *group, bool commit,
			struct error *error)
{
	cleanup(journals_free) struct journals journals = {0};

	if (load_all(settings, &journals, error) < 0)
		return error->code;
	/* The change of a worker that died is rolled back in any case. */
	if (commit && commit_group(&journals, group, error) < 0)
		return error->code;
	if (finish_decided(&journals, error) < 0)
		return error->code;
	return roll_back_group(&journals, group, error);
}

int transactions_take_back(const struct settings *settings, const char *group, const char *module,
			   struct error *error)
{
	cleanup(journals_free) struct journals journals = {0};

	if (load_all(settings, &journals, error) < 0)
		return error->code;
	for (size_t i = journals.count; i-- > 0;) {
		struct journal *journal = journals.items[i];

		if (journal->path && journal->state == JOURNAL_APPLIED &&
		    is_selected(&journals, journal, group) && text_equal(journal->module, module) &&
		    journal_rollback(journal, error) < 0)
			return error->code;
	}
	return 0;
}

int transactions_require_settled(const struct settings *settings, const char *group,
				 struct error *error)
{
	cleanup(journals_free) struct journals journals = {0};

	if (load_all(settings, &journals, error) < 0)
		return error->code;
	for (size_t i = 0; i < journals.count; i++) {
		const struct journal *journal = journals.items[i];

		if (journal->group && is_selected(&journals, journal, group) &&
		    (journal->state == JOURNAL_APPLIED || journal->state == JOURNAL_APPLYING))
			return error_set(error, -EBUSY, EXIT_INSTALL,
					 "\"%s\" is not finished: %s describes it. The next dkms "
					 "that changes something puts it in order.",
					 journal->description, journal->path);
	}
	return 0;
}

/* Applied, not decided, and not of this group or not this run's; same_group: only the latter. */
static int others_open(const struct settings *settings, const char *group, bool same_group,
		       bool *ret_open, struct error *error)
{
	cleanup(journals_free) struct journals journals = {0};

	if (load_all(settings, &journals, error) < 0)
		return error->code;
	*ret_open = false;
	for (size_t i = 0; i < journals.count; i++) {
		const struct journal *journal = journals.items[i];

		*ret_open |= journal->group && journal->state == JOURNAL_APPLIED &&
			     !is_selected(&journals, journal, group) &&
			     (!same_group || text_equal(journal->group, group));
	}
	return 0;
}

int transactions_others_open(const struct settings *settings, const char *group, bool *ret_open,
			     struct error *error)
{
	return others_open(settings, group, false, ret_open, error);
}

int transactions_others_open_for(const struct settings *settings, const char *group, bool *ret_open,
				 struct error *error)
{
	return others_open(settings, group, true, ret_open, error);
}

static const char *outcome(enum journal_state state)
{
	switch (state) {
	case JOURNAL_STAGING:
		return "before it changed anything";
	case JOURNAL_COMMITTED:
		return "when only cleaning up was left, which is done now";
	case JOURNAL_APPLYING:
	case JOURNAL_APPLIED:
	case JOURNAL_UNDONE:
		break;
	}
	return "and what it had changed is put back as it was";
}

static int recover(struct journal *journal, struct reporter *reporter, struct error *error)
{
	enum journal_state state = journal->state;

	if (journal_rollback(journal, error) < 0) {
		error_wrap(error, "Cannot undo \"%s\", which was cut off", journal->description);
		return error_hint(
			error, "Remove what is in the way and run dkms again. Until this change is "
			       "undone, dkms changes nothing else.");
	}
	report(reporter, REPORT_WARNING, "An earlier dkms was cut off in \"%s\", %s.",
	       journal->description, outcome(state));
	if (journal->path)
		report(reporter, REPORT_WARNING,
		       "Not all of its temporary files could be removed; %s names them.",
		       journal->path);
	return 0;
}

int transactions_recover(const struct settings *settings, struct reporter *reporter,
			 struct error *error)
{
	cleanup(journals_free) struct journals journals = {0};

	if (load_all(settings, &journals, error) < 0)
		return error->code;
	if (finish_decided(&journals, error) < 0)
		return error->code;
	for (size_t i = journals.count; i-- > 0;)
		if (recover(journals.items[i], reporter, error) < 0)
			return error->code;
	return journal_sweep(settings, error);
}
