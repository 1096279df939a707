/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/record.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/layout.h"
#include "tree/package_record.h"

#define FILE_LIMIT 1048576 /* bytes */
#define REFUSED    "refused "

static char *product_path(const struct placement *placement, const char *name)
{
	cleanup(free_string) char *product = layout_product(placement->settings, placement->id,
							    placement->kernel);

	return path_join(product, name, NULL);
}

static char *record_path(const struct placement *placement)
{
	return product_path(placement, LAYOUT_INSTALLED);
}

void installed_record_expect(const struct placement *placement, struct transaction *transaction)
{
	cleanup(free_string) char *path = record_path(placement);

	transaction_expect(transaction, path);
}

int installed_record_put(const struct placement *placement, const struct strv *targets,
			 const struct strv *refused, struct transaction *transaction,
			 struct error *error)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *path = record_path(placement);
	cleanup(buffer_free) struct buffer text = {0};
	const char *target, *name;

	STRV_FOREACH (target, targets)
		buffer_add_format(&text, "%s\n", target + strlen(base) + 1);
	STRV_FOREACH (name, refused)
		buffer_add_format(&text, REFUSED "%s\n", name);
	return transaction_put_data(transaction, text.data ? text.data : "", text.length, 0644,
				    path, error);
}

int installed_record_remove(const struct placement *placement, struct transaction *transaction,
			    struct error *error)
{
	cleanup(free_string) char *path = record_path(placement);

	return transaction_remove(transaction, path, error);
}

static void add_line(struct installed_record *record, const char *base, const char *line)
{
	if (text_starts_with(line, REFUSED)) {
		strv_add(&record->refused, line + strlen(REFUSED));
		return;
	}
	cleanup(free_string) char *joined = path_join(base, line, NULL);
	cleanup(free_string) char *target = path_normalize(joined);

	if (target && path_is_within(target, base))
		strv_add_owned(&record->targets, TAKE(target));
}

static bool is_overtaken(const struct placement *placement, const char *path)
{
	cleanup(free_string) char *link = layout_active_link(
		placement->settings, placement->id->name, placement->kernel);
	cleanup(free_string) char *target = layout_active_target(placement->id, placement->kernel);
	cleanup(free_string) char *active = file_readlink(link);
	struct stat at_link, at_record;

	if (!text_equal(active, target) || lstat(link, &at_link) < 0 || stat(path, &at_record) < 0)
		return false;
	return at_link.st_mtim.tv_sec != at_record.st_mtim.tv_sec
		       ? at_link.st_mtim.tv_sec > at_record.st_mtim.tv_sec
		       : at_link.st_mtim.tv_nsec > at_record.st_mtim.tv_nsec;
}

/* Adds the lines of a file; false if there is none. */
static bool read_lines(const char *path, struct strv *lines)
{
	cleanup(free_string) char *text = file_read_if_possible(path, FILE_LIMIT);

	if (!text)
		return false;
	strv_split(lines, text, "\n");
	return true;
}

void installed_record_read(const struct placement *placement, struct installed_record *record)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *path = record_path(placement);
	cleanup(free_string) char *strays = product_path(placement, BUILT_STRAYS_NAME);
	cleanup(installed_record_free) struct installed_record noted = {0};
	cleanup(strv_free) struct strv lines = {0};
	cleanup(strv_free) struct strv stray_lines = {0};
	const char *line;

	record->found = read_lines(path, &lines);
	record->overtaken = record->found && is_overtaken(placement, path);
	STRV_FOREACH (line, &lines)
		add_line(record, base, line);
	(void)read_lines(strays, &stray_lines);
	STRV_FOREACH (line, &stray_lines)
		add_line(&noted, base, line);
	strv_add_all(&record->strays, &noted.targets);
}

int installed_strays_forget(const struct placement *placement, struct transaction *transaction,
			    struct error *error)
{
	cleanup(free_string) char *path = product_path(placement, BUILT_STRAYS_NAME);

	return transaction_remove(transaction, path, error);
}

void installed_record_free(struct installed_record *record)
{
	strv_free(&record->targets);
	strv_free(&record->refused);
	strv_free(&record->strays);
}
