/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms push: gives builds to a registry or a directory, signed, for other machines. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/staging.h"
#include "base/text.h"
#include "base/walk.h"
#include "cli/actions.h"
#include "remote/remote.h"
#include "reuse/cache.h"
#include "reuse/manifest.h"
#include "sign/detached.h"
#include "sign/signing.h"
#include "tree/layout.h"
#include "tree/registry.h"
#include "tree/safety.h"

enum { CONFIG_MAX = 4 << 20 };

struct push {
	struct invocation *invocation;
	struct remote_session *session;
	const char *to;
	struct json_object *list; /* with --json; NULL: without */
	size_t found;
	int status;
};

/* One build on its way. */
struct parcel {
	struct push *push;
	const struct module_id *id;
	const struct kernel_id *kernel; /* that it stands for in the tree */
	struct manifest *manifest;
	char *text; /* of the manifest, as it lies in the tree */
	size_t length;
	char *key, *certificate;
	char *key_id;
	struct strv tags;
	struct staging staging;
};

static void parcel_release(struct parcel *parcel)
{
	if (parcel->manifest)
		manifest_free(parcel->manifest);
	free(parcel->text);
	free(parcel->key);
	free(parcel->certificate);
	free(parcel->key_id);
	strv_free(&parcel->tags);
	staging_close(&parcel->staging);
}

static struct reporter *reporter_of(const struct push *push)
{
	return &push->invocation->ui->reporter;
}

static int read_manifest(struct parcel *parcel, struct error *error)
{
	const struct settings *settings = &parcel->push->invocation->settings;
	cleanup(free_string) char *product = layout_product(settings, parcel->id, parcel->kernel);
	cleanup(free_string) char *path = path_join(product, MANIFEST_NAME, NULL);

	if (file_read_nofollow(path, CONFIG_MAX, &parcel->text, &parcel->length, error) < 0) {
		if (error->code == -ENOENT)
			(void)error_hint(error, "This build has no manifest: another dkms made it. "
						"Build it again with dkms build --force.");
		return error_set_status(error, EXIT_INSTALL);
	}
	if (manifest_parse(parcel->text, parcel->length, path, &parcel->manifest, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	return 0;
}

/* The key that signs modules here is used, unless another is named. */
static int choose_key(struct parcel *parcel, struct error *error)
{
	const struct invocation *invocation = parcel->push->invocation;
	const struct options *options = invocation->options;
	cleanup(kernel_free_handler) struct kernel *kernel = NULL;

	if (!options->sign_key != !options->sign_cert)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "--sign-key and --sign-cert belong together: give both, or none.");
	if (options->sign_key) {
		parcel->key = xstrdup(options->sign_key);
		parcel->certificate = xstrdup(options->sign_cert);
		return 0;
	}
	if (kernel_open(&invocation->settings, parcel->kernel, &kernel, error) < 0)
		return error->code;
	signing_key_places(&invocation->settings, invocation->distro, kernel, &parcel->key,
			   &parcel->certificate);
	return 0;
}

static int write_config(const struct parcel *parcel, char **ret_path, struct error *error)
{
	cleanup(free_string) char *path = path_join(parcel->staging.path, "config", NULL);

	if (file_create_unsynced(path, parcel->text, parcel->length, 0600, error) < 0)
		return error->code;
	*ret_path = TAKE(path);
	return 0;
}

static int sign(struct parcel *parcel, char **ret_path, struct error *error)
{
	cleanup(free_string) char *path = path_join(parcel->staging.path, "signature", NULL);
	const struct detached_bytes content = {parcel->text, parcel->length};
	cleanup(buffer_free) struct buffer signature = {0};

	if (choose_key(parcel, error) < 0)
		return error->code;
	if (detached_sign(parcel->key, parcel->certificate, &content, &signature, &parcel->key_id,
			  error) < 0) {
		(void)error_set_status(error, EXIT_USAGE);
		return parcel->push->invocation->options->sign_key
			       ? error->code
			       : error_hint(error, "Name key and certificate with --sign-key and "
						   "--sign-cert, or make them: dkms generate_mok");
	}
	if (file_create_unsynced(path, signature.data, signature.length, 0600, error) < 0)
		return error->code;
	*ret_path = TAKE(path);
	return 0;
}

/* Unsigned and unpacked, as every machine that compiles them has them. */
static int extract(const struct parcel *parcel, char **ret_path, struct error *error)
{
	const struct settings *settings = &parcel->push->invocation->settings;
	cleanup(free_string) char *modules = layout_product_modules(settings, parcel->id,
								    parcel->kernel);
	cleanup(free_string) char *path = path_join(parcel->staging.path, "module", NULL);

	if (file_make_directories(path, error) < 0)
		return error->code;
	if (artifact_extract(modules, parcel->manifest, path, error) < 0) {
		(void)error_set_status(error, EXIT_INSTALL);
		return error_hint(error, "Only modules as they were built are published. Build it "
					 "again with dkms build --force.");
	}
	*ret_path = TAKE(path);
	return 0;
}

static int find_newest(const struct walk_step *step)
{
	time_t *newest = step->context;

	if (step->info->st_mtim.tv_sec > *newest)
		*newest = step->info->st_mtim.tv_sec;
	return 0;
}

/* SOURCE_DATE_EPOCH, or the time of the newest file of the source. */
static time_t time_of(const struct parcel *parcel)
{
	cleanup(free_string) char *link = layout_source_link(&parcel->push->invocation->settings,
							     parcel->id);
	const char *given = getenv("SOURCE_DATE_EPOCH");
	time_t newest = 0;
	const struct walk walk = {.file = find_newest, .context = &newest};

	if (!text_empty(given) && strspn(given, "0123456789") == strlen(given))
		return (time_t)strtoll(given, NULL, 10);
	cleanup(free_string) char *source = realpath(link, NULL);

	if (source)
		(void)walk_tree(&walk, AT_FDCWD, source, -1, NULL);
	return newest;
}

static void tell(const struct parcel *parcel, const struct remote_pushed *pushed)
{
	const struct kernel_id *kernel = &parcel->manifest->kernel;
	const struct push *push = parcel->push;
	cleanup(free_string) char *size = text_size(pushed->bytes);
	cleanup(free_string) char *sent = text_size(pushed->sent);

	if (!push->list) {
		report(reporter_of(push), REPORT_LINE,
		       "Published %s/%s, %s, %s: %s, of which %s were sent.", parcel->id->name,
		       parcel->id->version, kernel->release, kernel->arch, size,
		       pushed->sent ? sent : "none");
		return;
	}
	struct json_object *object = json_checked(json_object_new_object());

	json_set_text(object, "module", parcel->id->name);
	json_set_text(object, "version", parcel->id->version);
	json_set_text(object, "kernel", kernel->release);
	json_set_text(object, "arch", kernel->arch);
	json_set_text(object, "to", push->to);
	json_set_text(object, "digest", pushed->manifest_digest);
	json_set_text(object, "publisher", parcel->key_id);
	json_set(object, "tags", json_new_list(&parcel->tags));
	json_set(object, "bytes", json_checked(json_object_new_int64((int64_t)pushed->bytes)));
	json_set(object, "sent", json_checked(json_object_new_int64((int64_t)pushed->sent)));
	json_append(push->list, object);
}

static int send_out(struct parcel *parcel, const char *config, const char *signature,
		    const char *modules, struct error *error)
{
	struct remote_pushed pushed = {0};
	const struct remote_push_request request = {
		.base = parcel->push->to,
		.manifest = parcel->manifest,
		.config = config,
		.signature = signature,
		.modules = modules,
		.scratch = parcel->staging.path,
		.publisher = parcel->key_id,
		.tags = &parcel->tags,
		.created = time_of(parcel),
	};

	if (remote_push(parcel->push->session, &request, &pushed, error) < 0)
		return error->code;
	tell(parcel, &pushed);
	free(pushed.manifest_digest);
	return 0;
}

static int push_parcel(struct parcel *parcel, struct error *error)
{
	const struct settings *settings = &parcel->push->invocation->settings;
	cleanup(free_string) char *config = NULL;
	cleanup(free_string) char *signature = NULL;
	cleanup(free_string) char *modules = NULL;

	if (safety_require_product(settings, parcel->id, parcel->kernel, "is not published",
				   error) < 0 ||
	    read_manifest(parcel, error) < 0 ||
	    staging_open(settings->temporary, "package", &parcel->staging, error) < 0 ||
	    write_config(parcel, &config, error) < 0 || extract(parcel, &modules, error) < 0 ||
	    sign(parcel, &signature, error) < 0)
		return error->code;
	if (tags_of_manifest(parcel->manifest, parcel->key_id, &parcel->tags, error) < 0)
		return error_set_status(error, EXIT_INSTALL);
	return send_out(parcel, config, signature, modules, error);
}

/* A build that cannot be published does not keep the others from it; a dead registry does. */
static int push_one(struct push *push, const struct module_id *id, const struct kernel_id *kernel,
		    struct error *error)
{
	cleanup(parcel_release) struct parcel parcel = {
		.push = push, .id = id, .kernel = kernel, .staging.lock = -1};
	struct error bad = {0};

	push->found++;
	if (push->invocation->options->dry_run) {
		report(reporter_of(push), REPORT_LINE, "publish %s/%s (%s, %s) to %s", id->name,
		       id->version, kernel->release, kernel->arch, push->to);
		return 0;
	}
	if (push_parcel(&parcel, &bad) == 0)
		return 0;
	(void)error_wrap(&bad, "%s/%s, %s, %s", id->name, id->version, kernel->release,
			 kernel->arch);
	if (bad.exit_status == EXIT_UNREACHABLE || bad.exit_status > 128)
		return error_move(error, &bad);
	report_text(reporter_of(push), REPORT_ERROR, bad.message);
	push->status = error_graver_status(push->status, error_exit_status(&bad));
	error_clear(&bad);
	return 0;
}

static int push_version(struct push *push, const struct module_id *id, struct error *error)
{
	const struct invocation *invocation = push->invocation;
	cleanup(kernel_ids_free) struct kernel_ids kernels = {0};

	if (registry_list_kernels(&invocation->settings, id, &kernels, error) < 0)
		return error->code;
	kernel_ids_sort(&kernels);
	for (size_t i = 0; i < kernels.count; i++) {
		if (!invocation->options->all &&
		    !kernel_ids_contain(&invocation->kernels, &kernels.items[i]))
			continue;
		if (push_one(push, id, &kernels.items[i], error) < 0)
			return error->code;
	}
	return 0;
}

static int push_module(struct push *push, const char *name, struct error *error)
{
	const struct module_id *named = &push->invocation->id;
	cleanup(strv_free) struct strv versions = {0};
	char *version;

	if (named->version)
		return push_version(push, named, error);
	if (registry_list_versions(&push->invocation->settings, name, &versions, error) < 0)
		return error->code;
	STRV_FOREACH (version, &versions) {
		const struct module_id id = {(char *)name, version};

		if (push_version(push, &id, error) < 0)
			return error->code;
	}
	return 0;
}

static int push_all(struct push *push, struct error *error)
{
	const struct invocation *invocation = push->invocation;
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	if (invocation->id.name)
		strv_add(&names, invocation->id.name);
	else if (registry_list_modules(&invocation->settings, &names, error) < 0)
		return error->code;
	STRV_FOREACH (name, &names)
		if (push_module(push, name, error) < 0)
			return error->code;
	return push->found
		       ? 0
		       : error_set(error, -ENOENT, EXIT_INSTALL,
				   "Nothing is built there, so there is nothing to publish.\n"
				   "`dkms status` lists what is built. --all means every kernel.");
}

int action_push(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct options *options = invocation->options;
	struct push push = {.invocation = invocation, .to = options->to};

	if (!options->to)
		return error_set(error, -EINVAL, EXIT_USAGE,
				 "Where to? Name a registry, --to https://HOST/PREFIX, or a "
				 "directory, --to dir:/srv/dkms.");
	if (invocation_require_known(invocation, error) < 0)
		return error->code;
	cleanup(remote_session_free_handler) struct remote_session *session = remote_session_new(
		&invocation->settings, reporter_of(&push));

	push.session = session;
	if (!options->json && text_ui_is_watched(invocation->ui))
		remote_session_watch(session, NULL);
	if (options->json && !options->dry_run)
		push.list = json_checked(json_object_new_array());
	(void)push_all(&push, error);
	if (push.list && push.found) {
		struct json_object *root = json_checked(json_object_new_object());

		json_set(root, "schema", json_checked(json_object_new_int(1)));
		json_set(root, "published", push.list);
		cleanup(free_string) char *text = json_print(root);

		report_text(reporter_of(&push), REPORT_OUTPUT, text);
	} else {
		(void)json_object_put(push.list);
	}
	*ret_status = push.status;
	return error->code;
}
