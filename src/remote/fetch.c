/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A build from elsewhere: one child gets manifest, config and signature. When the caller believes
 * them, a second one without network reads the config, and a third gets the modules. So no child
 * that has talked to the place says which digests count.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cage/worker.h"
#include "module/compress.h"
#include "remote/session.h"

enum { LAYERS_AT_ONCE = 64, MODULE_SECONDS = 1800, LOOKUP_SECONDS = 90 };

#define SYMVERS "Module.symvers"

/* A module, or Module.symvers: what the config says, and the layer that is to hold it. */
struct part {
	char *name, *digest;                /* of the unpacked file, by the config */
	const struct oci_descriptor *layer; /* borrowed */
	char *path;
	int fd;
};

struct fetch {
	struct remote_session *session;
	const struct remote_request *request;
	struct base *base;
	char *repository;
	struct file_sink config, signature;
	struct oci_manifest manifest; /* as the child understood it */
	char *manifest_digest;
	struct part *parts;
	size_t part_count;
	uint64_t bytes;
};

static void release(struct fetch *fetch)
{
	free(fetch->repository);
	close_fd(&fetch->config.fd);
	close_fd(&fetch->signature.fd);
	oci_manifest_free(&fetch->manifest);
	free(fetch->manifest_digest);
	for (size_t i = 0; i < fetch->part_count; i++) {
		free(fetch->parts[i].name);
		free(fetch->parts[i].digest);
		free(fetch->parts[i].path);
		close_fd(&fetch->parts[i].fd);
	}
	free(fetch->parts);
}

void remote_build_free(struct remote_build *build)
{
	free(build->config);
	free(build->signature);
	free(build->modules);
	free(build->manifest_digest);
	*build = (struct remote_build){0};
}

static int open_new(const char *path, int *ret_fd, struct error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return error_errno(error, -errno, 0, "Cannot make %s", path);
	*ret_fd = fd;
	return 0;
}

/*
 * The first child
 */

static void answer_manifest(struct answer *answer, const struct oci_manifest *manifest,
			    const char *digest)
{
	answer_put_text(answer, digest);
	answer_put_number(answer, manifest->layer_count - 1);
	for (size_t i = 0; i + 1 < manifest->layer_count; i++) {
		answer_put_text(answer, manifest->layers[i].title);
		answer_put_text(answer, manifest->layers[i].digest);
		answer_put_number(answer, manifest->layers[i].size);
	}
}

static int get_file(struct store *store, const struct fetch *fetch,
		    const struct oci_descriptor *blob, const struct file_sink *file,
		    struct error *error)
{
	struct file_sink copy = *file;
	const struct sink sink = file_sink(&copy);

	return store_blob(store, fetch->repository, blob, &sink, error);
}

/* Manifest, config and signature; in the child. */
static int look_up(struct store *store, void *context, struct answer *answer, struct error *error)
{
	const struct fetch *fetch = context;
	cleanup(oci_manifest_free) struct oci_manifest manifest = {0};
	cleanup(buffer_free) struct buffer text = {0};
	const char *tag = fetch->request->tag;

	if (store->calls->manifest(store, fetch->repository, tag, &text, error) < 0)
		return error->code;
	cleanup(free_string) char *digest = digest_of(text.data, text.length);

	if (text_starts_with(tag, "sha256:") && !text_equal(tag + strlen("sha256:"), digest))
		return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED,
				 "The manifest is not the one that was asked for.");
	if (oci_manifest_parse(text.data, text.length, &manifest, error) < 0 ||
	    oci_require_build(&manifest, error) < 0 ||
	    get_file(store, fetch, &manifest.config, &fetch->config, error) < 0 ||
	    get_file(store, fetch, &manifest.layers[manifest.layer_count - 1], &fetch->signature,
		     error) < 0)
		return error->code;
	answer_manifest(answer, &manifest, digest);
	return 0;
}

static int take_layer(struct answer *answer, struct oci_manifest *manifest)
{
	cleanup(free_string) char *title = NULL;
	cleanup(free_string) char *digest = NULL;
	uint64_t size;

	if (answer_text(answer, &title, OCI_TITLE_MAX) < 0 ||
	    answer_text(answer, &digest, DIGEST_LENGTH) < 0 || answer_number(answer, &size) < 0 ||
	    !title || !path_is_plain_name(title) || !place_is_digest(digest) ||
	    size > OCI_MODULE_MAX)
		return -EPROTO;
	oci_manifest_add_layer(manifest, DKMS_MODULE_TYPE, TAKE(digest), size, TAKE(title));
	return 0;
}

static int take_manifest(struct answer *answer, struct fetch *fetch)
{
	cleanup(free_string) char *digest = NULL;
	uint64_t count;
	int code = 0;

	if (answer_text(answer, &digest, DIGEST_LENGTH) < 0 || !place_is_digest(digest) ||
	    answer_number(answer, &count) < 0 || count > OCI_LAYERS_MAX)
		return -EPROTO;
	for (uint64_t i = 0; i < count && !code; i++)
		code = take_layer(answer, &fetch->manifest);
	fetch->manifest_digest = text_format("sha256:%s", digest);
	return code ? code : answer_end(answer);
}

static int nonsense(const struct fetch *fetch, struct error *error)
{
	return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED,
			 "The process that asked %s answered nonsense.", fetch->base->place.text);
}

static int run_look_up(struct fetch *fetch, struct error *error)
{
	cleanup(free_string) char *purpose = text_format("asking %s", fetch->base->place.text);
	cleanup(answer_free) struct answer answer = {0};
	const int fds[] = {fetch->config.fd, fetch->signature.fd};
	const struct talk talk = {
		.purpose = purpose,
		.work = look_up,
		.context = fetch,
		.fds = fds,
		.fd_count = 2,
		.file_size = OCI_CONFIG_MAX + 1,
		.seconds = LOOKUP_SECONDS,
	};

	if (session_talk(fetch->session, fetch->base, &talk, &answer, error) < 0)
		return error->code;
	return take_manifest(&answer, fetch) < 0 ? nonsense(fetch, error) : 0;
}

/*
 * The second child
 */

/* In a worker that has only the config, which is signed. */
static int read_config(void *context, struct answer *answer, struct error *error)
{
	const struct file_sink *config = context;
	cleanup(manifest_free_handler) struct manifest *manifest = NULL;
	cleanup(free_string) char *text = NULL;
	size_t length = 0;

	if (lseek(config->fd, 0, SEEK_SET) < 0 ||
	    file_read_opened(config->fd, config->name, OCI_CONFIG_MAX, &text, &length, error) < 0 ||
	    manifest_parse(text, length, config->name, &manifest, error) < 0)
		return error_set_status(error, EXIT_NOT_TRUSTED);
	answer_put_number(answer, manifest->module_count);
	for (size_t i = 0; i < manifest->module_count; i++) {
		answer_put_text(answer, manifest->modules[i].name);
		answer_put_text(answer, manifest->modules[i].digest);
	}
	answer_put_text(answer, manifest->symvers);
	return 0;
}

static int add_part(struct fetch *fetch, char *name, char *digest)
{
	fetch->parts = xreallocarray(fetch->parts, fetch->part_count + 1, sizeof(*fetch->parts));
	fetch->parts[fetch->part_count++] = (struct part){.name = name, .digest = digest, .fd = -1};
	return name && path_is_plain_name(name) && place_is_digest(digest) ? 0 : -EPROTO;
}

static int take_config(struct answer *answer, struct fetch *fetch)
{
	char *symvers = NULL;
	uint64_t count;

	if (answer_number(answer, &count) < 0 || count >= OCI_LAYERS_MAX)
		return -EPROTO;
	for (uint64_t i = 0; i < count; i++) {
		char *name = NULL, *digest = NULL;
		int code = answer_text(answer, &name, OCI_TITLE_MAX);

		if (!code)
			code = answer_text(answer, &digest, DIGEST_LENGTH);
		if (add_part(fetch, name, digest) < 0 || code < 0 || text_equal(name, SYMVERS))
			return -EPROTO;
	}
	if (answer_text(answer, &symvers, DIGEST_LENGTH) < 0)
		return -EPROTO;
	if (symvers && add_part(fetch, xstrdup(SYMVERS), symvers) < 0)
		return -EPROTO;
	return answer_end(answer);
}

static int run_read_config(struct fetch *fetch, struct error *error)
{
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = "reading the config of a build",
		.work = read_config,
		.context = &fetch->config,
		.fds = &fetch->config.fd,
		.fd_count = 1,
	};

	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	return take_config(&answer, fetch) < 0 ? nonsense(fetch, error) : 0;
}

/*
 * The third child
 */

struct batch {
	const struct fetch *fetch;
	const struct part *parts;
	size_t count;
};

/* In the child. */
static int get_parts(struct store *store, void *context, struct answer *answer, struct error *error)
{
	const struct batch *batch = context;

	(void)answer;
	for (size_t i = 0; i < batch->count; i++) {
		const struct part *part = &batch->parts[i];
		cleanup(layer_sink_free) struct layer_sink layer = {
			.file = {.fd = part->fd, .name = part->path}};
		const struct sink sink = layer_sink(&layer);

		if (store_blob(store, batch->fetch->repository, part->layer, &sink, error) < 0 ||
		    layer_sink_end(&layer, error) < 0)
			return error->code;
	}
	return 0;
}

static uint64_t bytes_of(const struct part *parts, size_t count)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += parts[i].layer->size;
	return bytes;
}

static int run_batch(const struct fetch *fetch, const struct part *parts, size_t count,
		     struct error *error)
{
	cleanup(free_string) char *purpose = text_format("fetching from %s",
							 fetch->base->place.text);
	struct batch batch = {.fetch = fetch, .parts = parts, .count = count};
	cleanup(answer_free) struct answer answer = {0};
	int fds[LAYERS_AT_ONCE];
	const struct talk talk = {
		.purpose = purpose,
		.work = get_parts,
		.context = &batch,
		.bytes = fetch->bytes,
		.bytes_before = bytes_of(fetch->parts, (size_t)(parts - fetch->parts)),
		.fds = fds,
		.fd_count = count,
		.file_size = OCI_MODULE_MAX + 1,
		.seconds = MODULE_SECONDS,
	};

	for (size_t i = 0; i < count; i++)
		fds[i] = parts[i].fd;
	return session_talk(fetch->session, fetch->base, &talk, &answer, error);
}

static const struct oci_descriptor *find_layer(const struct fetch *fetch, const char *name)
{
	for (size_t i = 0; i < fetch->manifest.layer_count; i++)
		if (text_equal(fetch->manifest.layers[i].title, name))
			return &fetch->manifest.layers[i];
	return NULL;
}

static int prepare_parts(struct fetch *fetch, const char *modules, struct error *error)
{
	for (size_t i = 0; i < fetch->part_count; i++) {
		struct part *part = &fetch->parts[i];

		part->layer = find_layer(fetch, part->name);
		if (!part->layer)
			return error_set(error, -EBADMSG, EXIT_NOT_TRUSTED,
					 "%s: %s has no layer %s, which its config names.",
					 fetch->base->place.text, fetch->repository, part->name);
		part->path = path_join(modules, part->name, NULL);
		if (open_new(part->path, &part->fd, error) < 0)
			return error->code;
		fetch->bytes += part->layer->size;
	}
	return 0;
}

static int check_part(const struct fetch *fetch, const struct part *part, struct error *error)
{
	cleanup(free_string) char *digest = NULL;
	int code = lseek(part->fd, 0, SEEK_SET) < 0 ? -errno
						    : digest_of_descriptor(part->fd, &digest);

	if (code < 0)
		return error_errno(error, code, 0, "Cannot read %s", part->path);
	return text_equal(digest, part->digest)
		       ? 0
		       : error_set(error, -EBADMSG, EXIT_NOT_TRUSTED,
				   "%s: %s of %s is not what its publisher signed.",
				   fetch->base->place.text, part->name, fetch->repository);
}

/* Empties the files that have come: they are useless now, and must not take space. */
static int explain_room(const struct fetch *fetch, struct error *error)
{
	for (size_t i = 0; room_is_short(error) && i < fetch->part_count; i++)
		if (ftruncate(fetch->parts[i].fd, 0) < 0)
			break;
	return room_explain(fetch->parts[0].fd, "This build, still packed,", fetch->bytes, error);
}

static int get_modules(struct fetch *fetch, const char *modules, struct error *error)
{
	if (file_make_directories(modules, error) < 0 || prepare_parts(fetch, modules, error) < 0)
		return error->code;
	for (size_t i = 0; i < fetch->part_count; i += LAYERS_AT_ONCE) {
		size_t rest = fetch->part_count - i;

		if (run_batch(fetch, fetch->parts + i,
			      rest < LAYERS_AT_ONCE ? rest : LAYERS_AT_ONCE, error) < 0)
			return explain_room(fetch, error);
	}
	for (size_t i = 0; i < fetch->part_count; i++)
		if (check_part(fetch, &fetch->parts[i], error) < 0)
			return error->code;
	return 0;
}

static int run(struct fetch *fetch, struct remote_build *build, struct error *error)
{
	const struct remote_request *request = fetch->request;

	fetch->config.name = build->config;
	fetch->signature.name = build->signature;
	if (open_new(build->config, &fetch->config.fd, error) < 0 ||
	    open_new(build->signature, &fetch->signature.fd, error) < 0 ||
	    run_look_up(fetch, error) < 0)
		return error->code;
	int code = request->believe(request->context, build->config, build->signature, error);

	if (code < 0)
		return error->code ? error->code
				   : error_set(error, code, EXIT_NOT_TRUSTED,
					       "%s: The build is not believed.",
					       fetch->base->place.text);
	if (run_read_config(fetch, error) < 0)
		return error->code;
	return get_modules(fetch, build->modules, error);
}

int remote_fetch(struct remote_session *session, const struct remote_request *request,
		 struct remote_build *ret_build, struct error *error)
{
	cleanup(release) struct fetch fetch = {
		.session = session, .request = request, .config.fd = -1, .signature.fd = -1};
	cleanup(remote_build_free) struct remote_build build = {
		.config = path_join(request->directory, MANIFEST_NAME, NULL),
		.signature = path_join(request->directory, ".signature.cms", NULL),
		.modules = path_join(request->directory, "module", NULL),
	};

	if (!place_is_reference(request->tag))
		return error_set(error, -EINVAL, EXIT_USAGE, "There can be no tag of that name.");
	if (session_base(session, request->base, &fetch.base, error) < 0)
		return error->code;
	fetch.repository = place_repository(&fetch.base->place, request->module);
	if (run(&fetch, &build, error) < 0)
		return error->code;
	build.manifest_digest = TAKE(fetch.manifest_digest);
	build.bytes = fetch.bytes;
	*ret_build = build;
	build = (struct remote_build){0};
	return 0;
}
