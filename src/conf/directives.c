/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/directives.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/settings_table.h"

/* Name, is it an array, deprecated: what is to be done about it. */
#define DIRECTIVES(X)                                                             \
	X(PACKAGE_NAME, false, NULL)                                              \
	X(PACKAGE_VERSION, false, NULL)                                           \
	X(POST_ADD, false, NULL)                                                  \
	X(POST_BUILD, false, NULL)                                                \
	X(POST_INSTALL, false, NULL)                                              \
	X(POST_REMOVE, false, NULL)                                               \
	X(PRE_BUILD, false, NULL)                                                 \
	X(PRE_INSTALL, false, NULL)                                               \
	X(BUILD_DEPENDS, true, NULL)                                              \
	X(BUILD_EXCLUSIVE_ARCH, true, NULL)                                       \
	X(BUILD_EXCLUSIVE_CONFIG, true, NULL)                                     \
	X(BUILD_EXCLUSIVE_KERNEL, true, NULL)                                     \
	X(BUILD_EXCLUSIVE_KERNEL_MIN, true, NULL)                                 \
	X(BUILD_EXCLUSIVE_KERNEL_MAX, true, NULL)                                 \
	X(MAKE, true, NULL)                                                       \
	X(MAKE_MATCH, true, NULL)                                                 \
	X(PATCH, true, NULL)                                                      \
	X(PATCH_MATCH, true, NULL)                                                \
	X(BUILT_MODULE_NAME, true, NULL)                                          \
	X(BUILT_MODULE_LOCATION, true, NULL)                                      \
	X(DEST_MODULE_NAME, true, NULL)                                           \
	X(DEST_MODULE_LOCATION, true, NULL)                                       \
	X(STRIP, true, NULL)                                                      \
	X(AUTOINSTALL, false, NULL)                                               \
	X(NO_WEAK_MODULES, false, NULL)                                           \
	X(BUILD_DEPENDS_REBUILD, false, NULL)                                     \
	X(OBSOLETE_BY, false, "use BUILD_EXCLUSIVE_KERNEL_MAX")                   \
	X(CLEAN, false, "every build starts from a fresh copy, take it out")      \
	X(REMAKE_INITRD, false, "the system's own hooks do that, take it out")    \
	X(MODULES_CONF, true, "ship a file for /etc/modprobe.d with the package") \
	X(MODULES_CONF_OBSOLETES, true, "it has no effect, take it out")          \
	X(MODULES_CONF_ALIAS_TYPE, true, "it has no effect, take it out")         \
	X(MODULES_CONF_OBSOLETE_ONLY, true, "it has no effect, take it out")

#define AS_DIRECTIVE(name, array, deprecated) {#name, array, deprecated},
#define AS_NAME(name, array, deprecated)      #name,

const struct directive conf_directives[] = {DIRECTIVES(AS_DIRECTIVE)};
const size_t conf_directive_count = sizeof(conf_directives) / sizeof(*conf_directives);
const char *const conf_directive_names[] = {DIRECTIVES(AS_NAME) NULL};

const struct directive *conf_directive_find(const char *name)
{
	for (size_t i = 0; i < conf_directive_count; i++)
		if (text_equal(conf_directives[i].name, name))
			return &conf_directives[i];
	return NULL;
}

char *conf_directive_label(const char *name, long index)
{
	const struct directive *directive = conf_directive_find(name);

	if (index == 0 && !(directive && directive->array))
		return xstrdup(name);
	return text_format("%s[%ld]", name, index);
}

static size_t name_length(const char *text)
{
	size_t length = 0;

	if (isdigit((unsigned char)*text))
		return 0;
	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return length;
}

int conf_assignment_split(const char *assignment, char **ret_name, long *ret_index,
			  const char **ret_text)
{
	size_t length = name_length(assignment);
	const char *rest = assignment + length;
	long index = 0;

	if (!length)
		return -EINVAL;
	if (*rest == '[') {
		char *end;

		if (!isdigit((unsigned char)rest[1]))
			return -EINVAL;
		errno = 0;
		index = strtol(rest + 1, &end, 10);
		if (errno || *end != ']')
			return -EINVAL;
		rest = end + 1;
	}
	if (*rest != '=')
		return -EINVAL;
	*ret_name = xstrndup(assignment, length);
	*ret_index = index;
	*ret_text = rest + 1;
	return 0;
}

static bool is_exported(const char *directive)
{
	size_t length = name_length(directive);
	cleanup(free_string) char *name = xstrndup(directive, length);
	const struct directive *known = conf_directive_find(name);

	return length && directive[length] == '=' && !(known && known->array);
}

static bool have_same_name(const char *a, const char *b)
{
	size_t length = name_length(a);

	return length == name_length(b) && strncmp(a, b, length) == 0;
}

void conf_exported_directives(const struct strv *directives, struct strv *settings)
{
	for (size_t i = 0; i < directives->count; i++) {
		bool last = is_exported(directives->items[i]);

		for (size_t later = i + 1; last && later < directives->count; later++)
			last = !is_exported(directives->items[later]) ||
			       !have_same_name(directives->items[i], directives->items[later]);
		if (last)
			strv_add(settings, directives->items[i]);
	}
}

#define AS_SETTING(name, kind, member) #name,

const char *const setting_names[] = {FRAMEWORK_SETTINGS(AS_SETTING) POLICY_SETTINGS(AS_SETTING)
					     NULL};
const char *const policy_names[] = {POLICY_SETTINGS(AS_SETTING) NULL};

static bool has_name(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (text_equal(*names, name))
			return true;
	return false;
}

bool setting_is_known(const char *name)
{
	return has_name(setting_names, name);
}

bool policy_knows(const char *name)
{
	return has_name(policy_names, name);
}
