/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reuse/failed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/registry.h"

enum { RECORD_LIMIT = 4096 };

/* Any change of a file or of a directory's entries shows in its times. */
static void add_state(struct digest *digest, const char *path)
{
	struct stat status;
	cleanup(free_string) char *state = stat(path, &status) < 0
						   ? NULL
						   : text_format("%ju %jd %jd.%09ld",
								 (uintmax_t)status.st_ino,
								 (intmax_t)status.st_size,
								 (intmax_t)status.st_mtim.tv_sec,
								 status.st_mtim.tv_nsec);

	digest_add_text(digest, path);
	digest_add_text(digest, state);
}

static void add_headers(struct digest *digest, const struct headers *headers)
{
	static const char *const places[] = {"",
					     "Makefile",
					     "Module.symvers",
					     "include",
					     "include/config",
					     "include/config/auto.conf",
					     "include/generated",
					     "include/generated/autoconf.h",
					     "include/generated/utsrelease.h",
					     "include/linux",
					     "scripts"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		cleanup(free_string) char *object = path_join(headers->real_object_tree, places[i],
							      NULL);
		cleanup(free_string) char *source = path_join(headers->real_source_tree, places[i],
							      NULL);

		add_state(digest, object);
		add_state(digest, source);
	}
}

/* A program that is mended in its place changes nothing of its directory. */
static void add_directory(struct digest *digest, const char *directory)
{
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	directory_list_if_possible(directory, &names);
	add_state(digest, directory);
	STRV_FOREACH (name, &names) {
		cleanup(free_string) char *path = path_join(directory, name, NULL);

		add_state(digest, path);
	}
}

/* What a package manager last did, and what lies where programs are looked for. */
static char *digest_programs(const struct settings *settings)
{
	struct digest *digest = digest_new();
	static const char *const databases[] = {"/var/lib/dpkg/status", "/var/lib/rpm",
						"/usr/lib/sysimage/rpm", "/var/lib/pacman/local",
						"/lib/apk/db/installed"};
	cleanup(strv_free) struct strv directories = {0};
	const char *path = getenv("PATH");
	const char *directory;

	for (size_t i = 0; i < sizeof(databases) / sizeof(*databases); i++) {
		cleanup(free_string) char *database = settings_path(settings, databases[i]);

		add_state(digest, database);
	}
	strv_split(&directories, path ? path : "", ":");
	strv_sort(&directories);
	STRV_FOREACH (directory, &directories)
		add_directory(digest, directory);
	return digest_finish(digest);
}

static void add_dependencies(struct digest *digest, const struct reuse_request *request)
{
	const char *name;

	STRV_FOREACH (name, &request->package->build_depends) {
		cleanup(free_string) char *version = registry_active_version(
			request->settings, name, &request->kernel->id);
		const struct module_id id = {(char *)name, version ? version : (char *)""};
		cleanup(free_string) char *modules = layout_product_modules(request->settings, &id,
									    &request->kernel->id);

		digest_add_text(digest, version);
		add_state(digest, modules);
	}
}

static int digest_facts(const struct reuse_request *request, char **ret_digest, struct error *error)
{
	const struct policy *policy = &request->package->policy;
	cleanup(headers_free_handler) struct headers *headers = headers_open(
		request->kernel, &request->context->memo);
	cleanup(build_inputs_free) struct build_inputs inputs = {0};
	const char *configuration, *machinery;

	if (build_inputs_read(request->settings, request->id, request->package, headers, &inputs,
			      error) < 0 ||
	    headers_configuration(headers, &configuration, error) < 0 ||
	    headers_machinery(headers, &machinery, error) < 0)
		return error->code;
	cleanup(free_string) char *key = build_inputs_key(&inputs, request->kernel->id.arch);
	cleanup(free_string) char *trust = text_format("%d %d", (int)policy->build_sandbox,
						       policy->build_network);
	struct digest *digest = digest_new();

	digest_add_text(digest, key);
	digest_add_text(digest, trust);
	digest_add_text(digest, configuration);
	digest_add_text(digest, machinery);
	add_headers(digest, headers);
	if (!request->context->programs)
		request->context->programs = digest_programs(request->settings);
	digest_add_text(digest, request->context->programs);
	add_dependencies(digest, request);
	*ret_digest = digest_finish(digest);
	return 0;
}

int failed_remember(const struct reuse_request *request, int status, const char *log,
		    struct error *error)
{
	cleanup(free_string) char *record = layout_failed(request->settings, request->id,
							  &request->kernel->id, "");
	cleanup(free_string) char *kept_log = layout_failed(request->settings, request->id,
							    &request->kernel->id, ".log");
	cleanup(free_string) char *directory = path_parent(record);
	cleanup(free_string) char *digest = NULL;

	if (digest_facts(request, &digest, error) < 0 ||
	    file_make_directories(directory, error) < 0 || file_unlink(kept_log, error) < 0)
		return error->code;
	/* The same file: nothing is kept twice. */
	if (link(log, kept_log) < 0 && file_copy(log, kept_log, error) < 0)
		return error->code;
	cleanup(free_string) char *text = text_format("1\n%s\n%d\n", digest, status);

	return file_write(record, text, strlen(text), 0644, error);
}

/* The digest and the status of a record; false for what is damaged or of another format. */
static bool parse_record(const char *text, char digest[DIGEST_LENGTH + 1], int *ret_status)
{
	int status, length = 0;

	return sscanf(text, "1\n%64[0-9a-f]\n%d\n%n", digest, &status, &length) == 2 &&
	       length > 0 && !text[length] && (*ret_status = status) > 0 && status < 256;
}

bool failed_recall(const struct reuse_request *request, int *ret_status, char **ret_log)
{
	cleanup(free_string) char *record = layout_failed(request->settings, request->id,
							  &request->kernel->id, "");
	cleanup(free_string) char *text = NULL, *now = NULL;
	char then[DIGEST_LENGTH + 1];
	cleanup(error_clear) struct error ignored = {0};
	int status;

	if (!file_exists(record))
		return false;
	if (file_read(record, RECORD_LIMIT, &text, NULL, &ignored) < 0 ||
	    !parse_record(text, then, &status) || digest_facts(request, &now, &ignored) < 0 ||
	    !text_equal(then, now)) {
		return false;
	}
	*ret_status = status;
	*ret_log = layout_failed(request->settings, request->id, &request->kernel->id, ".log");
	return true;
}

void failed_forget(const struct settings *settings, const struct module_id *id,
		   const struct kernel_id *kernel)
{
	cleanup(free_string) char *record = layout_failed(settings, id, kernel, "");
	cleanup(free_string) char *log = layout_failed(settings, id, kernel, ".log");
	cleanup(free_string) char *directory = path_parent(record);

	if (!file_exists_nofollow(directory))
		return;
	(void)unlink(record);
	(void)unlink(log);
	(void)rmdir(directory); /* it may hold others */
}
