/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a report is not for a ticket that others read. */
#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "base/text.h"
#include "cli/report_facts.h"

struct secrets {
	struct strv hosts; /* the name, and its part before the first dot */
	struct strv users;
};

/* Letters that may continue a name: "al" is no user in "also". */
static bool continues_name(char letter)
{
	return isalnum((unsigned char)letter) || letter == '_' || letter == '-';
}

/* Each place of word, as a whole word, becomes instead. Returns a new text. */
static char *without_word(const char *text, const char *word, const char *instead)
{
	struct buffer out = {0};
	size_t length = strlen(word);
	const char *from = text, *at = text;

	buffer_add_text(&out, "");
	while ((at = strstr(at, word))) {
		if ((at > text && continues_name(at[-1])) || continues_name(at[length])) {
			at += length;
			continue;
		}
		buffer_add(&out, from, (size_t)(at - from));
		buffer_add_text(&out, instead);
		at += length;
		from = at;
	}
	buffer_add_text(&out, from);
	return buffer_take(&out);
}

/* "/home/alice/work/foo" becomes "/home/…". */
static char *without_homes(const char *text)
{
	struct buffer out = {0};
	const char *at;

	buffer_add_text(&out, "");
	while ((at = strstr(text, "/home/"))) {
		buffer_add(&out, text, (size_t)(at - text));
		buffer_add_text(&out, "/home/…");
		text = at + strlen("/home/");
		text += strcspn(text, " \t\n\"'`:,;()<>");
	}
	buffer_add_text(&out, text);
	return buffer_take(&out);
}

static char *cleaned(const char *text, const struct secrets *secrets)
{
	char *clean = without_homes(text);
	const char *user, *host;

	STRV_FOREACH (user, &secrets->users) {
		cleanup(free_string) char *before = clean;

		clean = without_word(before, user, "USER");
	}
	STRV_FOREACH (host, &secrets->hosts) {
		cleanup(free_string) char *before = clean;

		clean = without_word(before, host, "HOST");
	}
	return clean;
}

static void clean_texts(struct json_object *value, const struct secrets *secrets)
{
	if (json_object_is_type(value, json_type_string)) {
		cleanup(free_string) char *clean = cleaned(json_object_get_string(value), secrets);

		(void)json_object_set_string(value, clean);
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			clean_texts(json_object_array_get_idx(value, i), secrets);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			clean_texts(member, secrets);
		}
	}
}

/* People, not what programs run as. */
static void list_users(const struct settings *settings, struct strv *users)
{
	enum { FIRST_PERSON = 1000, NOBODY = 65534 };
	cleanup(free_string) char *path = settings_path(settings, "/etc/passwd");
	FILE *file = fopen(path, "re");
	const struct passwd *entry;

	if (!file)
		return;
	while ((entry = fgetpwent(file)))
		if (entry->pw_uid >= FIRST_PERSON && entry->pw_uid != NOBODY && *entry->pw_name)
			strv_add(users, entry->pw_name);
	(void)fclose(file);
}

void report_anonymize(struct json_object *facts, const struct settings *settings)
{
	const char *host = fact_text(fact_object(facts, "machine"), "host");
	struct secrets secrets = {0};

	if (*host) {
		strv_add(&secrets.hosts, host);
		strv_add_format(&secrets.hosts, "%.*s", (int)strcspn(host, "."), host);
	}
	list_users(settings, &secrets.users);
	clean_texts(facts, &secrets);
	strv_free(&secrets.hosts);
	strv_free(&secrets.users);
}
