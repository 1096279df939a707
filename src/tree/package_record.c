/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/package_record.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "tree/layout.h"

/* A struct package as bytes in a file of ours. */

enum { TEXT_LIMIT = 65536, COUNT_LIMIT = 4096 };

/* Places of char * members, so that packing and unpacking cannot differ. */
static const size_t package_texts[] = {
	offsetof(struct package, make_command), offsetof(struct package, clean_command),
	offsetof(struct package, post_add),     offsetof(struct package, pre_build),
	offsetof(struct package, post_build),   offsetof(struct package, pre_install),
	offsetof(struct package, post_install), offsetof(struct package, post_remove),
	offsetof(struct package, obsolete_by),  offsetof(struct package, exclusion_reason),
};

static const size_t module_texts[] = {
	offsetof(struct built_module, built_name),
	offsetof(struct built_module, built_location),
	offsetof(struct built_module, dest_name),
	offsetof(struct built_module, dest_location),
};

static const size_t rule_texts[] = {
	offsetof(struct exclusive_rule, kernel),     offsetof(struct exclusive_rule, kernel_min),
	offsetof(struct exclusive_rule, kernel_max), offsetof(struct exclusive_rule, arch),
	offsetof(struct exclusive_rule, config),
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static void pack_members(struct buffer *buffer, const void *object, const size_t *offsets,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		pack_text(buffer,
			  *(char *const *)(const void *)((const char *)object + offsets[i]));
}

static void unpack_members(struct packed *packed, void *object, const size_t *offsets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		*(char **)(void *)((char *)object + offsets[i]) = unpack_text(packed, TEXT_LIMIT);
}

static void pack_module(struct buffer *buffer, const struct built_module *module)
{
	pack_members(buffer, module, module_texts, LENGTH(module_texts));
	pack_number(buffer, module->strip);
	pack_number(buffer, module->excluded);
	pack_members(buffer, &module->exclusive, rule_texts, LENGTH(rule_texts));
}

static bool stays_below(const char *location)
{
	cleanup(free_string) char *resolved = location ? path_normalize(location) : NULL;

	return resolved && *location == '/' && text_equal(resolved, location);
}

/* True if the module has its place in the build and its destination. */
static bool is_complete(const struct built_module *module)
{
	return module->built_name && module->built_location && module->dest_name &&
	       module->dest_location && path_is_plain_name(module->dest_name) &&
	       stays_below(module->dest_location);
}

static void unpack_module(struct packed *packed, struct built_module *module)
{
	unpack_members(packed, module, module_texts, LENGTH(module_texts));
	module->strip = unpack_number(packed, true);
	module->excluded = unpack_number(packed, true);
	unpack_members(packed, &module->exclusive, rule_texts, LENGTH(rule_texts));
	if (!packed->damaged)
		packed->damaged = !is_complete(module);
}

static void pack_modules(struct buffer *buffer, const struct package *package)
{
	pack_number(buffer, package->module_count);
	for (size_t i = 0; i < package->module_count; i++)
		pack_module(buffer, &package->modules[i]);
}

static void unpack_modules(struct packed *packed, struct package *package)
{
	package->module_count = unpack_number(packed, COUNT_LIMIT);
	package->modules = package->module_count
				   ? xcalloc(package->module_count, sizeof(*package->modules))
				   : NULL;
	for (size_t i = 0; i < package->module_count; i++)
		unpack_module(packed, &package->modules[i]);
}

static void pack_limits(struct buffer *buffer, const struct build_limits *limits)
{
	for (size_t i = 0; i < BUILD_LIMITS; i++) {
		pack_number(buffer, limits->limits[i].kind);
		pack_number(buffer, limits->limits[i].value);
	}
	pack_text(buffer, limits->text);
}

static void unpack_limits(struct packed *packed, struct build_limits *limits)
{
	for (size_t i = 0; i < BUILD_LIMITS; i++) {
		limits->limits[i].kind = (enum build_limit_kind)unpack_number(packed,
									      LIMIT_PERCENT);
		limits->limits[i].value = unpack_number(packed, INT64_MAX);
	}
	cleanup(free_string) char *text = unpack_text(packed, sizeof(limits->text) - 1);

	(void)snprintf(limits->text, sizeof(limits->text), "%s", text ? text : "");
}

/* Settings besides the switches: the remotes, and the quorum as a text. */
static void unpack_fleet(struct packed *packed, struct policy *policy)
{
	cleanup(free_string) char *remotes = unpack_text(packed, sizeof(policy->remote.text) - 1);

	(void)snprintf(policy->remote.text, sizeof(policy->remote.text), "%s",
		       remotes ? remotes : "");
	if (policy->trust_quorum.number)
		(void)snprintf(policy->trust_quorum.text, sizeof(policy->trust_quorum.text), "%u",
			       policy->trust_quorum.number);
}

/* Each with the type that it has and the greatest number that it can be. */
#define SWITCHES(SWITCH)                                                   \
	SWITCH(excluded, bool, true)                                       \
	SWITCH(autoinstall, bool, true)                                    \
	SWITCH(no_weak_modules, bool, true)                                \
	SWITCH(build_depends_rebuild, bool, true)                          \
	SWITCH(policy.build_sandbox, enum sandbox_policy, SANDBOX_REQUIRE) \
	SWITCH(policy.build_network, bool, true)                           \
	SWITCH(policy.build_in_source, bool, true)                         \
	SWITCH(policy.abi_reuse, enum reuse_policy, REUSE_NO)              \
	SWITCH(policy.allow_writable_sources, bool, true)                  \
	SWITCH(policy.initramfs, enum initramfs_policy, INITRAMFS_NEVER)   \
	SWITCH(policy.critical, enum critical_policy, CRITICAL_NO)         \
	SWITCH(policy.remote_policy, enum remote_policy, REMOTE_NEVER)     \
	SWITCH(policy.trust_quorum.number, unsigned int, 1000)
#define PACK_SWITCH(member, type, greatest) pack_number(buffer, package->member);
#define UNPACK_SWITCH(member, type, greatest) \
	package->member = (type)unpack_number(packed, greatest);

static void pack_switches(struct buffer *buffer, const struct package *package)
{
	SWITCHES(PACK_SWITCH)
	pack_limits(buffer, &package->policy.build_limits);
	pack_text(buffer, package->policy.remote.text);
}

static void unpack_switches(struct packed *packed, struct package *package)
{
	SWITCHES(UNPACK_SWITCH)
	unpack_limits(packed, &package->policy.build_limits);
	unpack_fleet(packed, &package->policy);
}

void package_pack(const struct package *package, struct buffer *buffer)
{
	pack_text(buffer, package->name);
	pack_text(buffer, package->version);
	pack_members(buffer, package, package_texts, LENGTH(package_texts));
	pack_members(buffer, &package->exclusive, rule_texts, LENGTH(rule_texts));
	pack_texts(buffer, &package->patches);
	pack_texts(buffer, &package->build_depends);
	pack_texts(buffer, &package->modules_conf);
	pack_switches(buffer, package);
	pack_modules(buffer, package);
}

struct package *package_unpack(struct packed packed)
{
	cleanup(package_free_handler) struct package *package = NEW(struct package);

	package->name = unpack_required_text(&packed, TEXT_LIMIT);
	package->version = unpack_required_text(&packed, TEXT_LIMIT);
	unpack_members(&packed, package, package_texts, LENGTH(package_texts));
	unpack_members(&packed, &package->exclusive, rule_texts, LENGTH(rule_texts));
	unpack_texts(&packed, COUNT_LIMIT, TEXT_LIMIT, &package->patches);
	unpack_texts(&packed, COUNT_LIMIT, TEXT_LIMIT, &package->build_depends);
	unpack_texts(&packed, COUNT_LIMIT, TEXT_LIMIT, &package->modules_conf);
	unpack_switches(&packed, package);
	unpack_modules(&packed, package);
	return packed_end(&packed) < 0 || package->excluded != !!package->exclusion_reason
		       ? NULL
		       : TAKE(package);
}

/* FNV-1a */
uint64_t packed_sum(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint64_t sum = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3ULL;
	return sum;
}

static bool is_trusted(const struct stat *info)
{
	return S_ISREG(info->st_mode) && (info->st_uid == 0 || info->st_uid == geteuid()) &&
	       !(info->st_mode & (S_IWGRP | S_IWOTH));
}

char *packed_file_read(const char *path, size_t limit, size_t *ret_length)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0 || !is_trusted(&info) || info.st_size <= 0 ||
	    (uint64_t)info.st_size > limit)
		return NULL;
	cleanup(free_string) char *data = xcalloc((size_t)info.st_size, 1);
	ssize_t length = read(fd, data, (size_t)info.st_size);

	if (length != info.st_size)
		return NULL;
	*ret_length = (size_t)length;
	return TAKE(data);
}

/*
 * The package of M/V/K/A as it was evaluated for the build, in M/V/K/A/.package. The
 * dkms.conf may have changed since. So this record says what a build holds and where it was
 * installed to. The file goes with the build.
 */

#define MAGIC "dkms built package"
enum { FILE_LIMIT = 1048576 };

int built_package_write(const char *product, const struct package *package, struct error *error)
{
	cleanup(free_string) char *path = path_join(product, BUILT_PACKAGE_NAME, NULL);
	cleanup(buffer_free) struct buffer content = {0};

	pack_text(&content, MAGIC);
	pack_number(&content, PACKED_PACKAGE_FORMAT);
	package_pack(package, &content);
	return file_write_unsynced(path, content.data, content.length,
				   package->is_private ? 0600 : 0644, error);
}

struct package *built_package_read(const struct settings *settings, const struct module_id *id,
				   const struct kernel_id *kernel)
{
	cleanup(free_string) char *product = layout_product(settings, id, kernel);
	cleanup(free_string) char *path = path_join(product, BUILT_PACKAGE_NAME, NULL);
	size_t length = 0;
	cleanup(free_string) char *data = packed_file_read(path, FILE_LIMIT, &length);
	struct packed packed = {.next = data, .left = length};
	cleanup(free_string) char *magic = data ? unpack_text(&packed, sizeof(MAGIC)) : NULL;

	if (!text_equal(magic, MAGIC) ||
	    unpack_number(&packed, UINT64_MAX) != PACKED_PACKAGE_FORMAT)
		return NULL;
	return package_unpack(packed);
}
