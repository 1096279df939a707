/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/version_check.h"

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "install/place.h"
#include "module/ko.h"

/*
 * /usr/share/dkms/modules_to_force_install/: files of a distribution that name modules, a line
 * each, which are always installed as with --force ("NAME") or without a comparison of versions
 * ("NAME_version-override").
 */

#define FILE_LIMIT 1048576 /* bytes */

int force_list_apply(const struct settings *settings, const char *module, bool *force,
		     bool *force_version_override, struct error *error)
{
	cleanup(free_string) char *directory = settings_path(
		settings, "/usr/share/dkms/modules_to_force_install");
	cleanup(free_string) char *override = text_format("%s_version-override", module);
	cleanup(strv_free) struct strv files = {0};
	int code = directory_list(directory, &files, error);
	const char *file;

	if (code < 0)
		return code;
	STRV_FOREACH (file, &files) {
		cleanup(free_string) char *path = path_join(directory, file, NULL);
		cleanup(free_string) char *text = NULL;
		cleanup(strv_free) struct strv words = {0};

		code = file_read(path, FILE_LIMIT, &text, NULL, error);
		if (code < 0)
			return code;
		strv_split(&words, text, " \t\r\n");
		*force |= strv_contains(&words, module);
		*force_version_override |= strv_contains(&words, override);
	}
	return 0;
}

#define WAY_OUT "Use --force to install it nevertheless."

static bool is_obsolete(const struct version_check *check, struct reporter *reporter)
{
	if (check->force || text_empty(check->obsolete_by) ||
	    version_compare(check->kernel_release, check->obsolete_by) < 0)
		return false;
	report(reporter, REPORT_WARNING,
	       "Module %s is not installed for kernel %s: the package says (OBSOLETE_BY) that "
	       "kernels from %s on do not need it.\n" WAY_OUT,
	       check->name, check->kernel_release, check->obsolete_by);
	return true;
}

/* A file that is no readable module says nothing of itself. */
static struct ko_info read_info(const char *path)
{
	struct ko_info info = {0};
	cleanup(error_clear) struct error unreadable = {0};

	if (ko_read_info(path, &info, &unreadable) < 0)
		info = (struct ko_info){0};
	return info;
}

static bool is_older(const struct version_check *check, const struct ko_info *built,
		     const struct ko_info *existing, const char *path, struct reporter *reporter)
{
	if (!built->version || !existing->version ||
	    version_compare(built->version, existing->version) >= 0)
		return false;
	report(reporter, REPORT_WARNING,
	       "Module %s %s is not installed for kernel %s: version %s, which is newer, is "
	       "there already (%s).\n" WAY_OUT,
	       check->name, built->version, check->kernel_release, existing->version, path);
	return true;
}

static bool is_there(const struct version_check *check, const struct ko_info *built,
		     const struct ko_info *existing, const char *path, struct reporter *reporter)
{
	if (!place_same_module(check->built, path))
		return false;
	report(reporter, REPORT_WARNING,
	       "Module %s (version %s) is not installed for kernel %s: the same module (version "
	       "%s) is there already (%s).\n" WAY_OUT,
	       check->name, built->version ? built->version : "unknown", check->kernel_release,
	       existing->version ? existing->version : "unknown", path);
	return true;
}

static bool is_refused_for(const struct version_check *check, const char *path,
			   struct reporter *reporter)
{
	cleanup(ko_info_free) struct ko_info built = read_info(check->built);
	cleanup(ko_info_free) struct ko_info existing = read_info(path);

	return is_older(check, &built, &existing, path, reporter) ||
	       (path != check->own && is_there(check, &built, &existing, path, reporter));
}

bool version_check_allows(const struct version_check *check, struct reporter *reporter)
{
	if (is_obsolete(check, reporter))
		return false;
	if (check->force_version_override)
		return true;
	if (!check->force && check->own && is_refused_for(check, check->own, reporter))
		return false;
	if (!check->existing->count)
		return true;
	if (check->existing->count > 1) {
		cleanup(free_string) char *places = strv_join(check->existing, ", ");

		report(reporter, REPORT_WARNING,
		       "Kernel %s has several modules named %s (%s): their versions are not "
		       "compared with the one to be installed.",
		       check->kernel_release, check->name, places);
		return true;
	}
	return check->force || !is_refused_for(check, check->existing->items[0], reporter);
}
