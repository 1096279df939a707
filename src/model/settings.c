/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/settings.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

void settings_init(struct settings *settings, const char *root)
{
	const char *temporary = getenv("TMPDIR");

	*settings = (struct settings){.root = xstrdup(root)};
	settings->dkms_tree = settings_path(settings, "/var/lib/dkms");
	settings->source_tree = settings_path(settings, "/usr/src");
	settings->install_tree = settings_path(settings, "/lib/modules");
	settings->remember_probes = true;
	settings->initramfs_time = 1800;
	settings->temporary = xstrdup(text_empty(temporary) ? "/tmp" : temporary);
	settings->cache_size = UINT64_C(1) << 30;
}

void settings_free(struct settings *settings)
{
	char **const owned[] = {
		&settings->root,
		&settings->dkms_tree,
		&settings->source_tree,
		&settings->install_tree,
		&settings->temporary,
		&settings->compress_gzip_opts,
		&settings->compress_xz_opts,
		&settings->compress_zstd_opts,
		&settings->build_environment,
		&settings->post_transaction,
		&settings->sign_file,
		&settings->mok_signing_key,
		&settings->mok_certificate,
		&settings->kernel_source_dir,
		&settings->kernel_config,
	};

	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++)
		free(*owned[i]);
	strv_free(&settings->directives);
	strv_free(&settings->remotes);
	*settings = (struct settings){0};
}

char *settings_path(const struct settings *settings, const char *path)
{
	return text_empty(settings->root) ? xstrdup(path) : path_join(settings->root, path, NULL);
}

char *settings_to_inside(const struct settings *settings, const char *path)
{
	bool below = !text_empty(settings->root) && path_is_within(path, settings->root);

	return xstrdup(below ? path + strlen(settings->root) : path);
}

char *settings_from_inside(const struct settings *settings, const char *path)
{
	if (path[0] != '/' || text_empty(settings->root) || path_is_within(path, settings->root))
		return xstrdup(path);
	return settings_path(settings, path);
}

char *settings_own_key(const struct settings *settings)
{
	return path_join(settings->dkms_tree, "mok.key", NULL);
}

char *settings_expand(const char *value, const char *kernel_release)
{
	static const char *const forms[] = {"${kernelver}", "$kernelver"};
	struct buffer expanded = {0};

	if (!value)
		return NULL;
	while (*value) {
		size_t form = 0;

		while (form < 2 && !text_starts_with(value, forms[form]))
			form++;
		if (form < 2) {
			buffer_add_text(&expanded, kernel_release);
			value += strlen(forms[form]);
		} else {
			buffer_add_char(&expanded, *value++);
		}
	}
	return buffer_take(&expanded);
}

const char *settings_compression_options(const struct settings *settings,
					 enum compression compression)
{
	switch (compression) {
	case COMPRESSION_GZIP:
		return settings->compress_gzip_opts;
	case COMPRESSION_XZ:
		return settings->compress_xz_opts;
	case COMPRESSION_ZSTD:
		return settings->compress_zstd_opts;
	case COMPRESSION_NONE:
		break;
	}
	return NULL;
}
