/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote/registry.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "remote/conversation.h"

enum {
	TAG_PAGES = 100,
	LOOKUP_PATIENCE = 5000,
	TRANSFER_PATIENCE = 60000,
	BLOB_PATIENCE = 15000, /* and as long as … */
	SLOWEST_BYTES = 10,    /* … so many come in a millisecond */
};

struct registry_store {
	struct store store;
	struct conversation conversation;
};

static struct conversation *conversation_of(struct store *store)
{
	return &((struct registry_store *)store)->conversation;
}

static char *url_of(const struct store *store, const char *repository, const char *rest)
{
	return text_format("%s/v2/%s/%s", store->place->origin, repository, rest);
}

/* A proxy or a portal answered instead of the registry. */
static bool is_page(const struct http_answer *answer)
{
	return answer->type && text_starts_with(answer->type, "text/html");
}

static int get_manifest(struct store *store, const char *repository, const char *reference,
			struct buffer *ret_text, struct error *error)
{
	cleanup(free_string) char *rest = text_format("manifests/%s", reference);
	cleanup(free_string) char *url = url_of(store, repository, rest);
	cleanup(free_string) char *what = text_format("%s of %s", reference, repository);
	cleanup(http_answer_free) struct http_answer answer = {0};
	const struct sink sink = buffer_sink(ret_text);
	const struct http_request request = {
		.method = "GET",
		.url = url,
		.accept = OCI_MANIFEST_TYPE,
		.sink = &sink,
		.limit = OCI_MANIFEST_MAX,
		.milliseconds = LOOKUP_PATIENCE,
	};
	const struct errand errand = {repository, false, LOOKUP_PATIENCE, what};

	if (converse(conversation_of(store), &request, &errand, &answer, error) < 0)
		return error->code;
	if (!is_page(&answer))
		return 0;
	(void)error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE,
			"%s answers with a page for people, as no registry does.",
			store->place->text);
	return error_hint(error, "Does a proxy or a login page stand in the way?");
}

static int get_blob(struct store *store, const char *repository, const char *digest, uint64_t size,
		    const struct sink *sink, struct error *error)
{
	cleanup(free_string) char *rest = text_format("blobs/sha256:%s", digest);
	cleanup(free_string) char *url = url_of(store, repository, rest);
	cleanup(http_answer_free) struct http_answer answer = {0};
	/* No blob is larger than OCI_MODULE_MAX: a manifest that says otherwise was refused. */
	int patience = BLOB_PATIENCE + (int)(size / SLOWEST_BYTES);
	const struct http_request request = {
		.method = "GET",
		.url = url,
		.sink = sink,
		.limit = size,
		.milliseconds = patience,
	};
	const struct errand errand = {repository, false, patience, rest};

	return converse(conversation_of(store), &request, &errand, &answer, error);
}

/* The next page's URL, owned by the caller; NULL: there is none, or it leads elsewhere. */
static char *next_page(const struct store *store, const char *link)
{
	const char *start = link ? strchr(link, '<') : NULL;
	const char *end = start ? strchr(start, '>') : NULL;

	if (!end || !strstr(end, "next"))
		return NULL;
	cleanup(free_string) char *target = xstrndup(start + 1, (size_t)(end - start) - 1);
	cleanup(free_string) char *prefix = text_format("%s/v2/", store->place->origin);

	if (text_starts_with(target, "/v2/"))
		return text_format("%s%s", store->place->origin, target);
	return text_starts_with(target, prefix) ? TAKE(target) : NULL;
}

static int get_tags_page(struct store *store, const char *repository, char **url, struct strv *tags,
			 struct error *error)
{
	cleanup(buffer_free) struct buffer text = {0};
	cleanup(http_answer_free) struct http_answer answer = {0};
	const struct sink sink = buffer_sink(&text);
	const struct http_request request = {
		.method = "GET", .url = *url, .sink = &sink, .limit = OCI_CONFIG_MAX};
	const struct errand errand = {repository, false, LOOKUP_PATIENCE, repository};

	if (converse(conversation_of(store), &request, &errand, &answer, error) < 0)
		return error->code;
	free(*url);
	*url = next_page(store, answer.link);
	return oci_tags_parse(text.data, text.length, tags, error);
}

static int get_tags(struct store *store, const char *repository, struct strv *tags,
		    struct error *error)
{
	cleanup(free_string) char *url = url_of(store, repository, "tags/list");

	for (int page = 0; url && page < TAG_PAGES; page++)
		if (get_tags_page(store, repository, &url, tags, error) < 0)
			break;
	if (error->code == -ENOENT)
		error_clear(error);
	return error->code;
}

static int has_blob(struct store *store, const char *repository, const char *rest, bool *ret_has,
		    struct error *error)
{
	cleanup(free_string) char *url = url_of(store, repository, rest);
	cleanup(http_answer_free) struct http_answer answer = {0};
	const struct http_request request = {.method = "HEAD", .url = url};
	const struct errand errand = {repository, true, TRANSFER_PATIENCE, rest};
	int code = converse(conversation_of(store), &request, &errand, &answer, error);

	*ret_has = code == 0;
	if (code == -ENOENT)
		error_clear(error);
	return error->code;
}

/* Where the registry wants a blob, with the digest that it is to have; owned by the caller. */
static int begin_upload(struct store *store, const char *repository, const char *digest,
			char **ret_url, struct error *error)
{
	cleanup(free_string) char *url = url_of(store, repository, "blobs/uploads/");
	cleanup(http_answer_free) struct http_answer answer = {0};
	const struct http_request request = {.method = "POST", .url = url, .text = ""};
	const struct errand errand = {repository, true, TRANSFER_PATIENCE, "place for a blob"};

	int code = converse(conversation_of(store), &request, &errand, &answer, error);

	if (code == -ENOENT) {
		error_clear(error);
		return error_set(error, -EHOSTUNREACH, EXIT_UNREACHABLE,
				 "%s takes no builds (HTTP 404): it has no uploads for %s.",
				 store->place->text, repository);
	}
	if (code < 0)
		return code;
	const char *place = answer.location ? answer.location : "";
	bool is_relative = *place == '/';

	if (!is_relative && !text_starts_with(place, "https://") &&
	    (store->place->is_encrypted || !text_starts_with(place, "http://")))
		return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED,
				 "It does not say where to send a blob.");
	*ret_url = text_format("%s%s%cdigest=sha256:%s", is_relative ? store->place->origin : "",
			       place, strchr(place, '?') ? '&' : '?', digest);
	return 0;
}

static int put_blob(struct store *store, const char *repository, const char *digest, int fd,
		    uint64_t size, bool *ret_sent, struct error *error)
{
	cleanup(free_string) char *rest = text_format("blobs/sha256:%s", digest);
	cleanup(free_string) char *url = NULL;
	cleanup(http_answer_free) struct http_answer answer = {0};
	bool is_there = false;

	if (has_blob(store, repository, rest, &is_there, error) < 0)
		return error->code;
	*ret_sent = !is_there;
	if (is_there)
		return 0;
	if (begin_upload(store, repository, digest, &url, error) < 0)
		return error->code;
	const struct http_request request = {
		.method = "PUT",
		.url = url,
		.content_type = "application/octet-stream",
		.fd = fd,
		.length = size,
		.traffic = store->traffic,
	};
	const struct errand errand = {repository, true, TRANSFER_PATIENCE, rest};

	return converse(conversation_of(store), &request, &errand, &answer, error);
}

static int put_manifest(struct store *store, const char *repository, const char *reference,
			const char *text, size_t length, struct error *error)
{
	cleanup(free_string) char *rest = text_format("manifests/%s", reference);
	cleanup(free_string) char *url = url_of(store, repository, rest);
	cleanup(http_answer_free) struct http_answer answer = {0};
	const struct http_request request = {
		.method = "PUT",
		.url = url,
		.content_type = OCI_MANIFEST_TYPE,
		.text = text,
		.length = length,
	};
	const struct errand errand = {repository, true, TRANSFER_PATIENCE, rest};

	return converse(conversation_of(store), &request, &errand, &answer, error);
}

static int remove_manifest(struct store *store, const char *repository, const char *digest,
			   const struct strv *tags, struct error *error)
{
	cleanup(free_string) char *rest = text_format("manifests/%s", digest);
	cleanup(free_string) char *url = url_of(store, repository, rest);
	cleanup(http_answer_free) struct http_answer answer = {0};
	const struct http_request request = {.method = "DELETE", .url = url};
	const struct errand errand = {repository, true, TRANSFER_PATIENCE, rest};

	(void)tags; /* they go with it */
	if (converse(conversation_of(store), &request, &errand, &answer, error) < 0)
		return answer.status == 405
			       ? error_hint(error, "The registry allows no removal. "
						   "docker-registry has a setting for that: "
						   "storage.delete.enabled.")
			       : error->code;
	return 0;
}

static int ping(struct store *store, struct error *error)
{
	cleanup(free_string) char *url = text_format("%s/v2/", store->place->origin);
	cleanup(http_answer_free) struct http_answer answer = {0};
	const struct http_request request = {
		.method = "GET", .url = url, .milliseconds = LOOKUP_PATIENCE};
	const struct errand errand = {NULL, false, LOOKUP_PATIENCE, "registry"};
	int code = converse(conversation_of(store), &request, &errand, &answer, error);

	if (code == -ENOENT)
		error->code = -EHOSTUNREACH;
	return code == -ENOENT ? -EHOSTUNREACH : code;
}

static const struct store_calls calls = {
	.manifest = get_manifest,
	.blob = get_blob,
	.tags = get_tags,
	.put_blob = put_blob,
	.put_manifest = put_manifest,
	.remove = remove_manifest,
	.ping = ping,
};

int registry_store_open(struct registry_store **ret_registry, const struct place *place,
			const struct access *access, struct error *error)
{
	cleanup(registry_store_close_handler) struct registry_store *registry = NEW(
		struct registry_store);

	registry->store = (struct store){.calls = &calls, .place = place};
	if (conversation_open(&registry->conversation, place, access, error) < 0)
		return error->code;
	*ret_registry = TAKE(registry);
	return 0;
}

void registry_store_close(struct registry_store *registry)
{
	conversation_close(&registry->conversation);
	free(registry);
}

struct store *registry_store(struct registry_store *registry)
{
	return &registry->store;
}

char *registry_store_token(const struct registry_store *registry)
{
	const char *token = registry->conversation.token;

	return token ? xstrdup(token) : NULL;
}
