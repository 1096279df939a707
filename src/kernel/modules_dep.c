/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/modules_dep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

/* modules.dep of a distribution's kernel has about 1 MiB. */
static const size_t file_limit = 64UL << 20;

char *module_kernel_name(const char *path)
{
	char *name = xstrdup(path_basename(path));
	char *suffix = strstr(name, ".ko");

	if (suffix)
		*suffix = '\0';
	for (char *at = name; *at; at++)
		if (*at == '-')
			*at = '_';
	return name;
}

static void add_line(struct modules_dep *dep, char *line)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return;
	*colon = '\0';
	struct listed_module *module = &dep->items[dep->count++];

	*module = (struct listed_module){line, colon + 1 + strspn(colon + 1, " ")};
}

static void parse(struct modules_dep *dep)
{
	size_t lines = 1;
	char *rest = dep->text;
	char *line;

	for (const char *at = dep->text; (at = strchr(at, '\n')); at++)
		lines++;
	dep->items = xcalloc(lines, sizeof(*dep->items));
	while ((line = strsep(&rest, "\n")))
		add_line(dep, line);
	strmap_reserve(&dep->names, dep->count);
	for (size_t i = 0; i < dep->count; i++) {
		cleanup(free_string) char *name = module_kernel_name(dep->items[i].path);

		(void)strmap_set(&dep->names, name, &dep->items[i]);
	}
}

static void read_builtin(const char *module_directory, struct strmap *builtin)
{
	cleanup(free_string) char *path = path_join(module_directory, "modules.builtin", NULL);
	char *rest, *line;

	cleanup(free_string) char *text = file_read_if_possible(path, file_limit);

	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		cleanup(free_string) char *name = module_kernel_name(line);

		(void)strmap_set(builtin, name, builtin);
	}
}

int modules_dep_read(const char *module_directory, struct modules_dep *ret_dep, struct error *error)
{
	cleanup(free_string) char *path = path_join(module_directory, "modules.dep", NULL);
	struct modules_dep dep = {0};

	if (file_read(path, file_limit, &dep.text, NULL, error) < 0)
		return error->code;
	parse(&dep);
	read_builtin(module_directory, &dep.builtin);
	*ret_dep = dep;
	return 0;
}

void modules_dep_free(struct modules_dep *dep)
{
	strmap_free(&dep->names, NULL);
	strmap_free(&dep->builtin, NULL);
	free(dep->items);
	free(dep->text);
	*dep = (struct modules_dep){0};
}

const struct listed_module *modules_dep_find(const struct modules_dep *dep, const char *name)
{
	cleanup(free_string) char *kernel_name = module_kernel_name(name);

	return strmap_get(&dep->names, kernel_name);
}

bool modules_dep_is_builtin(const struct modules_dep *dep, const char *name)
{
	cleanup(free_string) char *kernel_name = module_kernel_name(name);

	return strmap_get(&dep->builtin, kernel_name) != NULL;
}
