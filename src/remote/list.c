/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists the builds of a place, and removes them. */
#include <errno.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "remote/session.h"

enum {
	LIST_SECONDS = 600,
	ENTRIES_MAX = 10000,
	NOTE_MAX = 1024,
	TROUBLE_MAX = 4096,
	TAG_MAX = 128
};

struct listing {
	const char *repository;
	const char *digest; /* of the manifest to remove */
	const struct strv *tags;
};

static uint64_t size_of(const struct oci_manifest *manifest)
{
	uint64_t size = manifest->config.size;

	for (size_t i = 0; i < manifest->layer_count; i++)
		size += manifest->layers[i].size;
	return size;
}

static void answer_entry(struct answer *answer, const char *tag, const struct buffer *text,
			 const struct oci_manifest *manifest)
{
	cleanup(free_string) char *digest = digest_of(text->data, text->length);
	const struct oci_notes *notes = &manifest->notes;

	answer_put_text(answer, tag);
	answer_put_text(answer, digest);
	answer_put_text(answer, notes->module);
	answer_put_text(answer, notes->version);
	answer_put_text(answer, notes->kernel);
	answer_put_text(answer, notes->arch);
	answer_put_text(answer, notes->created);
	answer_put_text(answer, notes->publisher);
	answer_put_number(answer, size_of(manifest));
	answer_put_text(answer, NULL);
}

static void answer_trouble(struct answer *answer, const char *tag, const char *trouble)
{
	answer_put_text(answer, tag);
	for (int i = 0; i < 7; i++)
		answer_put_text(answer, NULL);
	answer_put_number(answer, 0);
	answer_put_text(answer, trouble);
}

/* A manifest that went meanwhile is skipped. */
static int list_one(struct store *store, const struct listing *listing, const char *tag,
		    struct answer *answer, struct error *error)
{
	cleanup(oci_manifest_free) struct oci_manifest manifest = {0};
	cleanup(buffer_free) struct buffer text = {0};
	struct error bad = {0};

	if (store->calls->manifest(store, listing->repository, tag, &text, &bad) == 0 &&
	    oci_manifest_parse(text.data, text.length, &manifest, &bad) == 0 &&
	    oci_require_build(&manifest, &bad) == 0)
		answer_entry(answer, tag, &text, &manifest);
	else if (bad.code == -EHOSTUNREACH)
		return error_move(error, &bad);
	else if (bad.code != -ENOENT)
		answer_trouble(answer, tag, bad.message);
	error_clear(&bad);
	return 0;
}

/* Images, and files of others, have other tags. reuse/manifest.h makes the tags of builds. */
static bool is_of_build(const char *tag)
{
	return text_starts_with(tag, "b1-") || text_starts_with(tag, "n1-");
}

static int list_all(struct store *store, void *context, struct answer *answer, struct error *error)
{
	const struct listing *listing = context;
	cleanup(strv_free) struct strv tags = {0};
	const char *tag;

	if (store->calls->tags(store, listing->repository, &tags, error) < 0)
		return error->code;
	strv_sort(&tags);
	if (tags.count > ENTRIES_MAX)
		return error_set(error, -E2BIG, EXIT_NOT_TRUSTED, "It has too many tags of %s.",
				 listing->repository);
	STRV_FOREACH (tag, &tags)
		if (is_of_build(tag) && list_one(store, listing, tag, answer, error) < 0)
			return error->code;
	return 0;
}

static int take_digest(struct answer *answer, char **ret_digest)
{
	cleanup(free_string) char *digest = NULL;

	if (answer_text(answer, &digest, DIGEST_LENGTH) < 0 || (digest && !place_is_digest(digest)))
		return -EPROTO;
	*ret_digest = digest ? text_format("sha256:%s", digest) : NULL;
	return 0;
}

static int take_entry(struct answer *answer, struct remote_entry *entry)
{
	char **const notes[] = {&entry->module, &entry->version, &entry->kernel,
				&entry->arch,   &entry->created, &entry->publisher};

	if (answer_text(answer, &entry->tag, TAG_MAX) < 0 || !entry->tag ||
	    !place_is_reference(entry->tag) || take_digest(answer, &entry->digest) < 0)
		return -EPROTO;
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		cleanup(free_string) char *text = NULL;

		if (answer_text(answer, &text, NOTE_MAX) < 0)
			return -EPROTO;
		*notes[i] = text ? text_printable(text, NOTE_MAX) : NULL;
	}
	cleanup(free_string) char *trouble = NULL;

	if (answer_number(answer, &entry->bytes) < 0 ||
	    answer_text(answer, &trouble, TROUBLE_MAX) < 0 || (!entry->digest && !trouble))
		return -EPROTO;
	entry->trouble = trouble ? text_printable(trouble, TROUBLE_MAX) : NULL;
	return 0;
}

static int take_entries(struct answer *answer, struct remote_entries *entries)
{
	int code = 0;

	while (!code && answer_end(answer) < 0) {
		entries->items = xreallocarray(entries->items, entries->count + 1,
					       sizeof(*entries->items));
		entries->items[entries->count] = (struct remote_entry){0};
		code = take_entry(answer, &entries->items[entries->count++]);
	}
	return code;
}

void remote_entries_free(struct remote_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct remote_entry *entry = &entries->items[i];

		free(entry->tag);
		free(entry->digest);
		free(entry->module);
		free(entry->version);
		free(entry->kernel);
		free(entry->arch);
		free(entry->created);
		free(entry->publisher);
		free(entry->trouble);
	}
	free(entries->items);
	*entries = (struct remote_entries){0};
}

int remote_list(struct remote_session *session, const char *base_text, const char *module,
		struct remote_entries *ret_entries, struct error *error)
{
	cleanup(remote_entries_free) struct remote_entries entries = {0};
	cleanup(answer_free) struct answer answer = {0};
	cleanup(free_string) char *repository = NULL;
	struct base *base;

	if (session_base(session, base_text, &base, error) < 0)
		return error->code;
	cleanup(free_string) char *purpose = text_format("asking %s", base->place.text);
	struct listing listing = {0};
	const struct talk talk = {
		.purpose = purpose, .work = list_all, .context = &listing, .seconds = LIST_SECONDS};

	listing.repository = repository = place_repository(&base->place, module);
	if (session_talk(session, base, &talk, &answer, error) < 0)
		return error->code;
	if (take_entries(&answer, &entries) < 0)
		return error_set(error, -EPROTO, EXIT_NOT_TRUSTED,
				 "The process for %s answered nonsense.", purpose);
	*ret_entries = entries;
	entries = (struct remote_entries){0};
	return 0;
}

static int remove_one(struct store *store, void *context, struct answer *answer,
		      struct error *error)
{
	const struct listing *listing = context;

	(void)answer;
	return store->calls->remove(store, listing->repository, listing->digest, listing->tags,
				    error);
}

int remote_remove(struct remote_session *session, const char *base_text, const char *module,
		  const char *digest, const struct strv *tags, struct error *error)
{
	cleanup(answer_free) struct answer answer = {0};
	cleanup(free_string) char *repository = NULL;
	struct listing listing = {.digest = digest, .tags = tags};
	struct base *base;

	if (session_base(session, base_text, &base, error) < 0)
		return error->code;
	cleanup(free_string) char *purpose = text_format("asking %s", base->place.text);
	const struct talk talk = {.purpose = purpose, .work = remove_one, .context = &listing};

	listing.repository = repository = place_repository(&base->place, module);
	return base->place.kind == PLACE_DIRECTORY
		       ? session_write(session, base, &talk, &answer, error)
		       : session_talk(session, base, &talk, &answer, error);
}

static int ping(struct store *store, void *context, struct answer *answer, struct error *error)
{
	(void)context;
	(void)answer;
	return store->calls->ping(store, error);
}

int remote_ping(struct remote_session *session, const char *base_text, struct error *error)
{
	cleanup(answer_free) struct answer answer = {0};
	struct base *base;

	if (session_base(session, base_text, &base, error) < 0)
		return error->code;
	cleanup(free_string) char *purpose = text_format("asking %s", base->place.text);
	const struct talk talk = {.purpose = purpose, .work = ping};

	return session_talk(session, base, &talk, &answer, error);
}

char *remote_host(const char *base)
{
	cleanup(place_free) struct place place = {0};
	struct error bad = {0};

	if (place_parse(base, &place, &bad) < 0) {
		error_clear(&bad);
		return xstrdup(base);
	}
	return xstrdup(place.kind == PLACE_REGISTRY ? place.host : place.path);
}
