/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/evaluation_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/walk.h"
#include "base/memory.h"
#include "base/packed.h"
#include "base/path.h"
#include "model/identity.h"
#include "tree/package_record.h"

/* The state of a path when it was examined. */
struct identity {
	uint64_t exists, device, inode, size, mode, modified, modified_ns, changed, changed_ns;
	bool settled;
};

/* The names in a directory; known: it could be listed, or is not there. */
struct listing {
	struct strmap names;
	bool known;
};

static void listing_free(void *value)
{
	struct listing *listing = value;

	strmap_free(&listing->names, NULL);
	free(listing);
}

void seen_files_free(struct seen_files *files)
{
	strmap_free(&files->identities, free);
	strmap_free(&files->listings, listing_free);
	free(files->running);
}

/*
 * True if a change from now on gives the file another time. The clock of files ticks slower than
 * one can write, and some file systems know whole (or even) seconds only.
 */
static bool is_settled(const struct stat *info)
{
	const struct timespec *changed = &info->st_ctim;
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME_COARSE, &now) < 0)
		return false;
	if (!changed->tv_nsec)
		return changed->tv_sec + 2 < now.tv_sec;
	return changed->tv_sec < now.tv_sec ||
	       (changed->tv_sec == now.tv_sec && changed->tv_nsec < now.tv_nsec);
}

static struct identity identify(const char *path)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return (struct identity){.settled = errno == ENOENT || errno == ENOTDIR};
	return (struct identity){
		.exists = 1,
		.device = info.st_dev,
		.inode = info.st_ino,
		.size = (uint64_t)info.st_size,
		.mode = info.st_mode,
		.modified = (uint64_t)info.st_mtim.tv_sec,
		.modified_ns = (uint64_t)info.st_mtim.tv_nsec,
		.changed = (uint64_t)info.st_ctim.tv_sec,
		.changed_ns = (uint64_t)info.st_ctim.tv_nsec,
		.settled = is_settled(&info),
	};
}

static const struct identity *see(struct seen_files *files, const char *path)
{
	struct identity *identity = strmap_get(&files->identities, path);

	if (!identity) {
		identity = NEW(struct identity);
		*identity = identify(path);
		(void)strmap_set(&files->identities, path, identity);
	}
	return identity;
}

static const struct identity *add_file(struct seen_files *files, const char *path,
				       struct evaluation_key *key)
{
	const struct identity *identity = see(files, path);

	buffer_add(&key->bytes, identity, offsetof(struct identity, settled));
	key->settled &= identity->settled;
	return identity;
}

/* The values of a file that not everybody may read are not everybody's to read either. */
static void add_conf_file(struct seen_files *files, const char *path, struct evaluation_key *key)
{
	const struct identity *identity = add_file(files, path, key);

	key->is_private |= identity->exists && !(identity->mode & S_IROTH);
}

static struct listing *list(const char *directory)
{
	struct listing *listing = NEW(struct listing);
	struct entries entries;
	const struct dirent64 *entry;
	int code = entries_open(&entries, AT_FDCWD, directory);

	listing->known = code == -ENOENT;
	if (code < 0)
		return listing;
	while ((entry = entries_next(&entries)))
		(void)strmap_set(&listing->names, entry->d_name, listing);
	listing->known = entries_close(&entries) == 0;
	return listing;
}

static const struct listing *see_listing(struct seen_files *files, const char *directory)
{
	struct listing *listing = strmap_get(&files->listings, directory);

	if (!listing) {
		listing = list(directory);
		(void)strmap_set(&files->listings, directory, listing);
	}
	return listing;
}

/* A file that may be there: the name is part of the key if it is. */
static void add_if_listed(struct seen_files *files, const char *directory, const char *name,
			  struct evaluation_key *key)
{
	const struct listing *listing = see_listing(files, directory);

	key->settled &= listing->known;
	if (listing->known && !strmap_get(&listing->names, name))
		return;
	cleanup(free_string) char *path = path_join(directory, name, NULL);

	pack_text(&key->bytes, name);
	add_conf_file(files, path, key);
}

static void add_overrides(const struct settings *settings, struct seen_files *files,
			  const struct evaluation_subject *subject, struct evaluation_key *key)
{
	cleanup(free_string) char *directory = settings_path(settings, "/etc/dkms");
	cleanup(free_string) char *exceptions = settings_path(settings,
							      "/usr/share/dkms/build-exceptions.d");
	cleanup(free_string) char *exception = text_format("%s.conf", subject->id->name);
	cleanup(strv_free) struct strv names = {0};
	const char *name;

	add_if_listed(files, exceptions, exception, key);
	overrides_names(subject->id, subject->kernel, &names);
	STRV_FOREACH (name, &names)
		add_if_listed(files, directory, name, key);
}

/* The settings that a conf sees, or that are part of the package. */
static void add_settings(const struct settings *settings, struct buffer *bytes)
{
	const struct policy *policy = &settings->policy;

	pack_text(bytes, DKMS_VERSION);
	pack_text(bytes, settings->root);
	pack_text(bytes, settings->dkms_tree);
	pack_text(bytes, settings->source_tree);
	pack_text(bytes, settings->install_tree);
	pack_text(bytes, settings->temporary);
	pack_number(bytes, (uint64_t)settings->parallel_jobs);
	pack_texts(bytes, &settings->directives);
	pack_number(bytes, policy->build_sandbox);
	pack_number(bytes, policy->build_network);
	pack_number(bytes, policy->build_in_source);
	pack_number(bytes, policy->abi_reuse);
	pack_number(bytes, policy->initramfs);
	pack_number(bytes, policy->critical);
	pack_number(bytes, policy->allow_writable_sources);
	pack_text(bytes, policy->build_limits.text);
	pack_text(bytes, policy->remote.text);
	pack_number(bytes, policy->remote_policy);
	pack_number(bytes, policy->trust_quorum.number);
}

/* A conf may ask uname for it. */
static void add_running_kernel(struct seen_files *files, struct evaluation_key *key)
{
	struct utsname running;

	if (!files->running && uname(&running) == 0)
		files->running = xstrdup(running.release);
	pack_text(&key->bytes, files->running);
}

void evaluation_key_make(const struct settings *settings, struct seen_files *files,
			 const struct evaluation_subject *subject, struct evaluation_key *key)
{
	cleanup(free_string) char *source = path_parent(subject->conf_file);

	*key = (struct evaluation_key){.settled = true};
	pack_number(&key->bytes, PACKED_PACKAGE_FORMAT);
	add_settings(settings, &key->bytes);
	add_running_kernel(files, key);
	pack_text(&key->bytes, subject->kernel->release);
	pack_text(&key->bytes, subject->kernel->arch);
	pack_text(&key->bytes, subject->kernel_source_dir);
	pack_text(&key->bytes, subject->kernel_config);
	add_conf_file(files, subject->conf_file, key);
	add_conf_file(files, source, key);
	(void)add_file(files, subject->kernel_source_dir, key);
	(void)add_file(files, subject->kernel_config, key);
	add_overrides(settings, files, subject, key);
}

void evaluation_key_free(struct evaluation_key *key)
{
	buffer_free(&key->bytes);
}
