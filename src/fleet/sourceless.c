/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/sourceless.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/staging.h"
#include "base/text.h"
#include "tree/layout.h"

#define MARK "dkms-pulled"
#define MARK_TEXT \
	"There is no source here: dkms takes this module from other machines. See dkms(8).\n"

bool sourceless_is(const struct settings *settings, const struct module_id *id)
{
	cleanup(free_string) char *link = layout_source_link(settings, id);
	cleanup(free_string) char *source = layout_source_directory(settings, id);
	cleanup(free_string) char *mark = path_join(file_is_directory(link) ? link : source, MARK,
						    NULL);

	cleanup(free_string) char *text = file_is_symlink(mark)
						  ? NULL
						  : file_read_if_possible(mark, sizeof(MARK_TEXT));

	/* A source may hold a file of this name. */
	return text_equal(text, MARK_TEXT);
}

/* Between quotes, such a text means only itself to any shell. */
static bool is_plain(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_.+~:-/";

	return text && *text && strspn(text, plain) == strlen(text);
}

/* The place from the publisher's dkms.conf, if it is a place for modules. */
static const char *location_of(const struct manifest_module *module)
{
	static const char *const places[] = {"/kernel", "/updates", "/extra"};
	const char *location = module->location;

	for (size_t i = 0; is_plain(location) && i < sizeof(places) / sizeof(*places); i++)
		if (path_is_within(location, places[i]) && !strstr(location, ".."))
			return location;
	return "/updates/dkms";
}

static int add_module(struct buffer *conf, const struct manifest_module *module, size_t index,
		      struct error *error)
{
	size_t length = strlen(module->name);

	if (!is_plain(module->name) || !text_ends_with(module->name, ".ko"))
		return error_set(
			error, -EINVAL, EXIT_NOT_TRUSTED,
			"The build that was pulled is refused: a dkms.conf cannot name one of "
			"its modules.");
	buffer_add_format(conf, "BUILT_MODULE_NAME[%zu]=\"%.*s\"\n", index, (int)length - 3,
			  module->name);
	buffer_add_format(conf, "DEST_MODULE_LOCATION[%zu]=\"%s\"\n", index, location_of(module));
	return 0;
}

static int print_conf(const struct manifest *manifest, struct buffer *conf, struct error *error)
{
	const struct module_id *id = &manifest->id;

	if (!is_plain(id->name) || !is_plain(id->version))
		return error_set(
			error, -EINVAL, EXIT_NOT_TRUSTED,
			"The build that was pulled is refused: a dkms.conf cannot name it.");
	buffer_add_format(conf,
			  "# There is no source here: dkms takes this module from other machines.\n"
			  "PACKAGE_NAME=\"%s\"\nPACKAGE_VERSION=\"%s\"\nMAKE=\"false\"\n",
			  id->name, id->version);
	for (size_t i = 0; i < manifest->module_count; i++)
		if (add_module(conf, &manifest->modules[i], i, error) < 0)
			return error->code;
	buffer_add_text(conf, "AUTOINSTALL=\"yes\"\n");
	return 0;
}

static int write_file(const char *directory, const char *name, const char *text,
		      struct error *error)
{
	cleanup(free_string) char *path = path_join(directory, name, NULL);

	return file_create(path, text, strlen(text), 0644, error);
}

int sourceless_lay(const struct settings *settings, const struct manifest *manifest,
		   struct error *error)
{
	cleanup(free_string) char *target = layout_source_directory(settings, &manifest->id);
	cleanup(buffer_free) struct buffer conf = {0};
	struct staging staging = {.lock = -1};

	if (print_conf(manifest, &conf, error) < 0 ||
	    file_make_directories(settings->source_tree, error) < 0 ||
	    staging_open(settings->source_tree, "pulled", &staging, error) < 0)
		return error->code;
	cleanup(free_string) char *made = path_join(staging.path, "source", NULL);

	if (file_make_directories(made, error) == 0 &&
	    write_file(made, "dkms.conf", conf.data, error) == 0 &&
	    write_file(made, MARK, MARK_TEXT, error) == 0 &&
	    file_sync_directory(made, error) == 0 && file_rename(made, target, error) == 0)
		(void)file_sync_directory(settings->source_tree, error);
	staging_close(&staging);
	return error->code;
}
