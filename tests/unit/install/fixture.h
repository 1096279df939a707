/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private root with one kernel, 6.1, and the module foo/1.0 built for it: the module file foo.ko
 * with the text "built 1.0". By default the distribution is one that says nothing of destinations.
 */
#pragma once

#include "unit.h"

#include "directory_snapshot.h"
#include "message_log.h"
#include "scratch.h"

#include "base/memory.h"
#include "distro/distro.h"
#include "install/install.h"
#include "install/modprobe.h"
#include "journal/transaction.h"
#include "kernel/kernel.h"
#include "tree/layout.h"
#include "tree/registry.h"

#define RELEASE           "6.1"
#define ARCH              "x86_64"
#define KERNEL_DIR        "lib/modules/" RELEASE
#define TREE              "var/lib/dkms"
#define BUILD_OF(version) TREE "/foo/" version "/" RELEASE "/" ARCH "/module"

struct fixture {
	char *root;
	struct settings settings;
	struct distro *distro;
	struct kernel *kernel;
	struct kernel_id kernel_id;
	struct module_id id;
	struct package *package;
	struct message_log log;
};

static inline void fixture_use_distro(struct fixture *fixture, const char *os_release)
{
	struct error error = {0};

	if (fixture->distro)
		distro_free(fixture->distro);
	scratch_write(fixture->root, "etc/os-release", os_release);
	if (distro_detect(&fixture->settings, &fixture->distro, &error) < 0)
		fail_msg("%s", error.message);
}

/* One more module in the package, to go to location. */
static inline void fixture_add_module(struct fixture *fixture, const char *name,
				      const char *location)
{
	struct package *package = fixture->package;

	package->modules = xreallocarray(package->modules, package->module_count + 1,
					 sizeof(*package->modules));
	package->modules[package->module_count++] = (struct built_module){
		.built_name = xstrdup(name),
		.built_location = xstrdup(""),
		.dest_name = xstrdup(name),
		.dest_location = xstrdup(location),
	};
}

static inline void fixture_add_version(struct fixture *fixture, const char *version)
{
	cleanup(free_string) char *source = text_format("usr/src/foo-%s", version);
	cleanup(free_string) char *full = path_join(fixture->root, source, NULL);
	cleanup(free_string) char *link = text_format(TREE "/foo/%s/source", version);
	cleanup(free_string) char *file = text_format(
		TREE "/foo/%s/" RELEASE "/" ARCH "/module/foo.ko", version);
	cleanup(free_string) char *content = text_format("built %s", version);

	scratch_directory(fixture->root, source);
	scratch_symlink(fixture->root, link, full);
	scratch_write(fixture->root, file, content);
}

static inline int fixture_setup(void **state)
{
	struct fixture *fixture = NEW(struct fixture);
	struct error error = {0};

	fixture->root = scratch_make();
	settings_init(&fixture->settings, fixture->root);
	message_log_init(&fixture->log);
	fixture->id = module_id_new("foo", "1.0");
	fixture->kernel_id = kernel_id_new(RELEASE, ARCH);
	fixture->package = NEW(struct package);
	fixture->package->name = xstrdup("foo");
	fixture->package->version = xstrdup("1.0");
	fixture_add_module(fixture, "foo", "/kernel/drivers/foo");
	scratch_directory(fixture->root, KERNEL_DIR "/kernel/drivers/other");
	fixture_add_version(fixture, "1.0");
	fixture_use_distro(fixture, "ID=somewhere\n");
	if (kernel_open(&fixture->settings, &fixture->kernel_id, &fixture->kernel, &error) < 0)
		fail_msg("%s", error.message);
	*state = fixture;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	kernel_free(fixture->kernel);
	distro_free(fixture->distro);
	package_free(fixture->package);
	module_id_free(&fixture->id);
	kernel_id_free(&fixture->kernel_id);
	message_log_clear(&fixture->log);
	settings_free(&fixture->settings);
	scratch_remove(&fixture->root);
	free(fixture);
	return 0;
}

#define FIXTURE_TEST(function) \
	cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

static inline struct install_request fixture_request(struct fixture *fixture)
{
	return (struct install_request){
		.settings = &fixture->settings,
		.distro = fixture->distro,
		.id = &fixture->id,
		.package = fixture->package,
		.kernel = fixture->kernel,
		.reporter = &fixture->log.reporter,
	};
}

/* Everything below the root but dkms's own notes. */
static inline char *fixture_snapshot(const struct fixture *fixture)
{
	return snapshot_take(fixture->root, "/" TREE "/.dkms");
}

static inline void fixture_finish(struct fixture *fixture, bool commit)
{
	struct error error = {0};

	if (transactions_finish(&fixture->settings, RELEASE, commit, &error) < 0)
		fail_msg("%s", error.message);
}

/* What the engine does before the end of a kernel. */
static inline void fixture_settle(struct fixture *fixture)
{
	const struct placement placement = {
		.settings = &fixture->settings,
		.distro = fixture->distro,
		.id = &fixture->id,
		.package = fixture->package,
		.kernel = &fixture->kernel->id,
	};
	struct error error = {0};

	if (modules_conf_settle(&placement, NULL, &error) < 0)
		fail_msg("%s", error.message);
}

static inline void fixture_install(struct fixture *fixture)
{
	const struct install_request request = fixture_request(fixture);
	struct error error = {0};

	if (install_module(&request, &error) < 0)
		fail_msg("%s", error.message);
	fixture_settle(fixture);
	fixture_finish(fixture, true);
}

static inline void fixture_uninstall(struct fixture *fixture)
{
	const struct install_request request = fixture_request(fixture);
	struct error error = {0};

	if (uninstall_module(&request, &error) < 0)
		fail_msg("%s", error.message);
	fixture_settle(fixture);
	fixture_finish(fixture, true);
}

/* From now on version 2.0 is meant; it is built. */
static inline void fixture_go_to_2(struct fixture *fixture)
{
	fixture_add_version(fixture, "2.0");
	text_assign(&fixture->id.version, "2.0");
	text_assign(&fixture->package->version, "2.0");
}

/* The file's text, "" for one that is not there; owned by the caller. */
static inline char *fixture_text(const struct fixture *fixture, const char *name)
{
	cleanup(free_string) char *path = path_join(fixture->root, name, NULL);
	struct error missing = {0};
	char *text = NULL;

	if (file_read(path, (size_t)1 << 20, &text, NULL, &missing) < 0)
		text = xstrdup("");
	error_clear(&missing);
	return text;
}

static inline void assert_file(const struct fixture *fixture, const char *name, const char *text)
{
	cleanup(free_string) char *found = fixture_text(fixture, name);

	assert_string_equal(found, text);
}

static inline void assert_no_file(const struct fixture *fixture, const char *name)
{
	cleanup(free_string) char *path = path_join(fixture->root, name, NULL);

	assert_false(file_exists_nofollow(path));
}

/* The log is these words, with %R for the root. Clears it. */
static inline void assert_log(struct fixture *fixture, const char *expected)
{
	cleanup(buffer_free) struct buffer text = {0};

	buffer_add_text(&text, "");
	for (const char *c = expected; *c; c++) {
		if (text_starts_with(c, "%R")) {
			buffer_add_text(&text, fixture->root);
			c++;
		} else {
			buffer_add_char(&text, *c);
		}
	}
	assert_string_equal(message_log_text(&fixture->log), text.data ? text.data : "");
	message_log_clear(&fixture->log);
}

static inline void assert_logged(const struct fixture *fixture, const char *part)
{
	if (!strstr(message_log_text(&fixture->log), part))
		fail_msg("\"%s\" is not in \"%s\"", part, message_log_text(&fixture->log));
}

static inline void assert_active(const struct fixture *fixture, const char *version)
{
	cleanup(free_string) char *active = registry_active_version(&fixture->settings, "foo",
								    &fixture->kernel_id);

	if (version)
		assert_string_equal(active, version);
	else
		assert_null(active);
}

/* A script in the source directory of foo/1.0. */
static inline void fixture_script(const struct fixture *fixture, const char *name,
				  const char *commands)
{
	cleanup(free_string) char *path = path_join("usr/src/foo-1.0", name, NULL);
	cleanup(free_string) char *text = text_format("#!/bin/sh\n%s\n", commands);

	scratch_write_bytes(fixture->root, path, text, strlen(text), 0755);
}
