/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/temporary.h"
#include "base/text.h"
#include "journal/journal.h"

#define FORMAT_NAME   "dkms-journal "
#define CHECKSUM_NAME "checksum "
enum { FORMAT_VERSION = 1, OPERATION_WORDS = 5 };

static const char *const operation_names[] = {
	[OPERATION_FILE] = "file",
	[OPERATION_DIRECTORY] = "directory",
	[OPERATION_REMOVE] = "remove",
};

/* http://www.isthe.com/chongo/tech/comp/fnv/: it finds damage, not malice. */
static uint64_t fnv1a(const char *data, size_t length)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Adds a text as one word without blanks and control characters. The empty text is "-". */
static void add_word(struct buffer *buffer, const char *text)
{
	if (text_empty(text))
		buffer_add_char(buffer, '-');
	else if (text_equal(text, "-"))
		buffer_add_text(buffer, "%2D");
	else
		for (const char *c = text; *c; c++)
			if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '%')
				buffer_add_format(buffer, "%%%02X", (unsigned char)*c);
			else
				buffer_add_char(buffer, *c);
}

static void add_line(struct buffer *buffer, const char *name, const char *value)
{
	buffer_add_format(buffer, "%s ", name);
	add_word(buffer, value);
	buffer_add_char(buffer, '\n');
}

static void add_operation(struct buffer *buffer, const struct operation *operation)
{
	const char *const paths[] = {operation->staged, operation->backup, operation->target};

	buffer_add_format(buffer, "%s %s", operation_names[operation->kind],
			  operation->had_target ? "replace" : "new");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		buffer_add_char(buffer, ' ');
		add_word(buffer, paths[i]);
	}
	buffer_add_char(buffer, '\n');
}

char *journal_format(const struct journal *journal)
{
	struct buffer text = {0};
	const char *path;

	buffer_add_format(&text, FORMAT_NAME "%d\n", FORMAT_VERSION);
	add_line(&text, "id", journal->id);
	add_line(&text, "description", journal->description);
	if (journal->group)
		add_line(&text, "group", journal->group);
	if (journal->owner)
		buffer_add_format(&text, "owner %d\n", journal->owner);
	if (journal->module)
		add_line(&text, "module", journal->module);
	STRV_FOREACH (path, &journal->stages)
		add_line(&text, "stage", path);
	STRV_FOREACH (path, &journal->parents)
		add_line(&text, "parent", path);
	STRV_FOREACH (path, &journal->prunes)
		add_line(&text, "prune", path);
	for (size_t i = 0; i < journal->operation_count; i++)
		add_operation(&text, &journal->operations[i]);
	buffer_add_format(&text, CHECKSUM_NAME "%016" PRIx64 "\n", fnv1a(text.data, text.length));
	return buffer_take(&text);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* The text of a word, owned by the caller; NULL for a word that add_word() does not write. */
static char *decode(const char *word)
{
	cleanup(buffer_free) struct buffer text = {0};

	if (text_equal(word, "-"))
		return xstrdup("");
	for (const char *c = word; *c; c++) {
		if (*c != '%') {
			buffer_add_char(&text, *c);
			continue;
		}
		int high = hex_digit(c[1]);
		int low = high < 0 ? -1 : hex_digit(c[2]);

		if (low < 0 || high + low == 0)
			return NULL;
		buffer_add_char(&text, (char)(high << 4 | low));
		c += 2;
	}
	return buffer_take(&text);
}

/* True for an absolute path as transactions write it. */
static bool is_sound_path(const char *path)
{
	cleanup(free_string) char *normal = *path == '/' ? path_normalize(path) : NULL;

	return normal && text_equal(normal, path);
}

static bool is_sound_operation(const struct operation *operation, const char *id)
{
	cleanup(free_string) char *ending = text_format("-%s", id ? id : "");
	cleanup(free_string) char *beside = path_parent(operation->target);
	cleanup(free_string) char *backup_directory = path_parent(operation->backup);

	if (!is_sound_path(operation->target) || text_equal(operation->target, "/"))
		return false;
	if (!is_sound_path(operation->backup) || !text_equal(beside, backup_directory) ||
	    !text_ends_with(operation->backup, ending) ||
	    !temporary_is(path_basename(operation->backup), "old"))
		return false;
	if (operation->kind == OPERATION_REMOVE)
		return text_empty(operation->staged) && operation->had_target;
	if (!is_sound_path(operation->staged))
		return false;
	return operation->kind == OPERATION_DIRECTORY ||
	       (temporary_is(path_basename(operation->staged), "new") &&
		text_ends_with(operation->staged, ending));
}

static bool parse_operation(struct journal *journal, enum operation_kind kind,
			    const struct strv *words)
{
	bool replaces = text_equal(words->items[1], "replace");

	if (words->count != OPERATION_WORDS || (!replaces && !text_equal(words->items[1], "new")))
		return false;
	struct operation operation = {.kind = kind,
				      .had_target = replaces,
				      .staged = decode(words->items[2]),
				      .backup = decode(words->items[3]),
				      .target = decode(words->items[4])};

	if (!operation.staged || !operation.backup || !operation.target ||
	    !is_sound_operation(&operation, journal->id)) {
		operation_free(&operation);
		return false;
	}
	*ARRAY_ADD(journal->operations, journal->operation_count) = operation;
	return true;
}

static bool set_once(char **field, char *value)
{
	if (*field) {
		free(value);
		return false;
	}
	*field = value;
	return true;
}

static bool set_owner(struct journal *journal, char *number)
{
	cleanup(free_string) char *owned = number;
	bool first = !journal->owner;
	char *end;
	long owner = strtol(owned, &end, 10);

	journal->owner = owner > 0 && owner <= INT_MAX ? (int)owner : 0;
	return first && journal->owner && !*end;
}

static bool add_path(struct strv *paths, char *path)
{
	if (!is_sound_path(path)) {
		free(path);
		return false;
	}
	strv_add_owned(paths, path);
	return true;
}

static bool parse_field(struct journal *journal, const char *name, const char *word)
{
	char *value = decode(word);

	if (!value)
		return false;
	if (text_equal(name, "id"))
		return set_once(&journal->id, value);
	if (text_equal(name, "description"))
		return set_once(&journal->description, value);
	if (text_equal(name, "group"))
		return set_once(&journal->group, value);
	if (text_equal(name, "owner"))
		return set_owner(journal, value);
	if (text_equal(name, "module"))
		return set_once(&journal->module, value);
	if (text_equal(name, "stage"))
		return add_path(&journal->stages, value);
	if (text_equal(name, "parent"))
		return add_path(&journal->parents, value);
	if (text_equal(name, "prune"))
		return add_path(&journal->prunes, value);
	free(value);
	return false;
}

static bool parse_line(struct journal *journal, const char *line)
{
	cleanup(strv_free) struct strv words = {0};

	strv_split(&words, line, " ");
	for (int kind = OPERATION_FILE; words.count > 2 && kind <= OPERATION_REMOVE; kind++)
		if (text_equal(words.items[0], operation_names[kind]))
			return parse_operation(journal, (enum operation_kind)kind, &words);
	return words.count == 2 && parse_field(journal, words.items[0], words.items[1]);
}

/* The number in the first line; 0 for a text that is no journal. */
static long format_of(const char *text)
{
	if (!text_starts_with(text, FORMAT_NAME) ||
	    !isdigit((unsigned char)text[strlen(FORMAT_NAME)]))
		return 0;
	return strtol(text + strlen(FORMAT_NAME), NULL, 10);
}

/* The length of the text before the closing line; 0 if the checksum is wrong. */
static size_t checked_length(const char *text, size_t length)
{
	enum { CLOSING = sizeof(CHECKSUM_NAME) - 1 + 16 + 1 };

	if (length <= CLOSING || memchr(text, '\0', length))
		return 0;
	size_t body = length - CLOSING;
	cleanup(free_string) char *closing = text_format(CHECKSUM_NAME "%016" PRIx64 "\n",
							 fnv1a(text, body));

	return text_equal(text + body, closing) && text[body - 1] == '\n' ? body : 0;
}

int journal_parse(const char *text, size_t length, struct journal **ret_journal,
		  struct error *error)
{
	cleanup(journal_free_handler) struct journal *journal = NEW(struct journal);
	cleanup(strv_free) struct strv lines = {0};
	long format = format_of(text);
	size_t body = checked_length(text, length);

	if (!format)
		return error_set(error, -EBADMSG, 0, "it is no journal of dkms, or cut short");
	if (format != FORMAT_VERSION)
		return error_set(error, -EBADMSG, 0,
				 "it has format %ld, and this dkms only knows format %d", format,
				 FORMAT_VERSION);
	if (!body)
		return error_set(error, -EBADMSG, 0, "it is damaged or cut short");
	cleanup(free_string) char *checked = xstrndup(text, body);

	strv_split(&lines, checked, "\n");
	for (size_t i = 1; i < lines.count; i++)
		if (!parse_line(journal, lines.items[i]))
			return error_set(error, -EBADMSG, 0, "line %zu makes no sense", i + 1);
	if (!journal->id || !journal->description)
		return error_set(error, -EBADMSG, 0, "it has no id or no description");
	*ret_journal = TAKE(journal);
	return 0;
}
