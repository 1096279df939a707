/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "install/record.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "tree/layout.h"

#define FILE_LIMIT 1048576 /* bytes */

static char *record_path(const struct placement *placement)
{
	cleanup(free_string) char *product = layout_product(placement->settings, placement->id,
							    placement->kernel);

	return path_join(product, ".installed", NULL);
}

void installed_record_expect(const struct placement *placement, struct transaction *transaction)
{
	cleanup(free_string) char *path = record_path(placement);

	transaction_expect(transaction, path);
}

int installed_record_put(const struct placement *placement, const struct strv *targets,
			 struct transaction *transaction, struct error *error)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *path = record_path(placement);
	cleanup(buffer_free) struct buffer text = {0};
	const char *target;

	STRV_FOREACH (target, targets)
		buffer_add_format(&text, "%s\n", target + strlen(base) + 1);
	return transaction_put_data(transaction, text.data ? text.data : "", text.length, 0644,
				    path, error);
}

int installed_record_remove(const struct placement *placement, struct transaction *transaction,
			    struct error *error)
{
	cleanup(free_string) char *path = record_path(placement);

	return transaction_remove(transaction, path, error);
}

void installed_record_read(const struct placement *placement, struct strv *targets)
{
	cleanup(free_string) char *base = place_kernel_directory(placement->settings,
								 placement->kernel);
	cleanup(free_string) char *path = record_path(placement);
	cleanup(free_string) char *text = NULL;
	cleanup(strv_free) struct strv lines = {0};
	struct error unreadable = {0};
	const char *line;

	if (file_read(path, FILE_LIMIT, &text, NULL, &unreadable) < 0) {
		error_clear(&unreadable);
		return;
	}
	strv_split(&lines, text, "\n");
	STRV_FOREACH (line, &lines) {
		cleanup(free_string) char *joined = path_join(base, line, NULL);
		cleanup(free_string) char *target = path_normalize(joined);

		if (target && path_is_within(target, base))
			strv_add_owned(targets, TAKE(target));
	}
}
