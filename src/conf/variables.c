/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void variables_init(struct variables *variables, struct arena *arena)
{
	*variables = (struct variables){.arena = arena};
}

void variables_free(struct variables *variables)
{
	strmap_free(&variables->map, NULL);
}

/* Blank-separated and with one at each end, to be searched as a text. */
static const char special_names[] =
	" "
	"CHILD_MAX COLUMNS COPROC DIRSTACK EMACS ENV EPOCHREALTIME EPOCHSECONDS EUID EXECIGNORE "
	"FCEDIT FIGNORE FUNCNAME FUNCNEST GLOBIGNORE GREP_COLORS GROUPS HOME HOSTFILE HOSTNAME "
	"HOSTTYPE IFS IGNOREEOF INPUTRC INSIDE_EMACS LANG LANGUAGE LINENO LINES MACHTYPE MAIL "
	"MAILCHECK MAILPATH MAPFILE OLDPWD OMP_NUM_THREADS OMP_THREAD_LIMIT OPTARG OPTERR "
	"OPTIND OSTYPE PATH PIPESTATUS POSIXLY_CORRECT PPID PROMPT_COMMAND PS0 PS1 PS2 PS3 PS4 "
	"PWD RANDOM REPLY SECONDS SHELL SHELLOPTS SHLVL SRANDOM TERM TEXTDOMAIN TEXTDOMAINDIR "
	"TIMEFORMAT TMOUT TZ UID _ auto_resume histchars ";
static const char *const special_prefixes[] = {"BASH", "COMP_", "LC_", "READLINE_", "HIST"};

bool variable_is_special(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(special_prefixes) / sizeof(*special_prefixes); i++)
		if (text_starts_with(name, special_prefixes[i]))
			return strcmp(name, "BASH_REMATCH") != 0;
	for (const char *found = special_names; (found = strstr(found, name)); found++)
		if (found[-1] == ' ' && found[length] == ' ')
			return true;
	return false;
}

static size_t position_of(const struct variable *variable, long index)
{
	size_t low = 0, high = variable->count;

	if (high == 0 || variable->values[high - 1].index < index)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (variable->values[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void reserve(struct variables *variables, struct variable *variable)
{
	if (variable->count < variable->capacity)
		return;
	size_t capacity = variable->capacity ? variable->capacity * 2 : 1;
	struct element_value *values = arena_alloc(variables->arena, capacity * sizeof(*values));

	if (variable->count)
		memcpy(values, variable->values, variable->count * sizeof(*values));
	variable->values = values;
	variable->capacity = capacity;
}

static void save(struct variables *variables, struct scope *scope, const char *name,
		 struct variable *variable)
{
	struct saved_variable *saved = ARENA_NEW(variables->arena, struct saved_variable);

	saved->name = arena_strdup(variables->arena, name);
	saved->old = *variable;
	if (variable->count) {
		saved->old.capacity = variable->count;
		saved->old.values = arena_alloc(variables->arena,
						variable->count * sizeof(*variable->values));
		memcpy(saved->old.values, variable->values,
		       variable->count * sizeof(*variable->values));
	}
	saved->next = scope->saved;
	scope->saved = saved;
	variable->saver = scope;
}

/* A new variable gets the value that a plain text gave it before anybody asked. */
static void adopt_plain(struct variables *variables, const char *name, struct variable *variable)
{
	struct plain_assignments *plain = variables->plain;
	const char *text = NULL;
	size_t length;

	if (!plain || !text_starts_with(name, "CONFIG_"))
		return;
	while (plain && !(text = plain_assignments_find(plain, name, &length)))
		plain = plain->previous;
	if (!text)
		return;
	if (plain->scope)
		save(variables, (struct scope *)plain->scope, name, variable);
	reserve(variables, variable);
	variable->count = 1;
	variable->values[0] = (struct element_value){
		0, arena_strndup(variables->arena, text, length), 0, plain->file};
}

/* A new variable, with its value from the environment. */
static struct variable *adopt(struct variables *variables, const char *name)
{
	struct variable *variable = ARENA_NEW(variables->arena, struct variable);
	const char *text = getenv(name);

	if (text) {
		reserve(variables, variable);
		variable->values[0] = (struct element_value){.text = text};
		variable->count = 1;
	}
	(void)strmap_set(&variables->map, name, variable);
	adopt_plain(variables, name, variable);
	return variable;
}

static struct variable *find(struct variables *variables, const char *name)
{
	struct variable *variable = strmap_get(&variables->map, name);

	return variable ? variable : adopt(variables, name);
}

const struct variable *variable_get(struct variables *variables, const char *name)
{
	return find(variables, name);
}

struct element_value *variable_element(struct variables *variables, const char *name, long index)
{
	struct variable *variable = find(variables, name);
	size_t position = position_of(variable, index);

	if (position == variable->count || variable->values[position].index != index)
		return NULL;
	return &variable->values[position];
}

const char *variable_text(struct variables *variables, const char *name, long index)
{
	const struct element_value *value = variable_element(variables, name, index);

	return value ? value->text : NULL;
}

long variable_last_index(const struct variable *variable)
{
	return variable->count ? variable->values[variable->count - 1].index : -1;
}

long variable_index_from_end(const struct variable *variable, long index)
{
	long last = variable_last_index(variable);

	return last > 0 && index > -2 - last ? last + 1 + index : -1;
}

/*
 * The variable to be changed. The innermost subshell must be able to undo that, unless the
 * variable is local to a function inside that subshell.
 */
static struct variable *modify(struct variables *variables, const char *name)
{
	struct variable *variable = find(variables, name);

	for (struct scope *scope = variables->scope; scope; scope = scope->outer) {
		if (variable->saver == scope)
			break;
		if (scope->kind == SCOPE_SUBSHELL) {
			save(variables, scope, name, variable);
			break;
		}
	}
	return variable;
}

void variable_set(struct variables *variables, const char *name, long index, const char *text)
{
	struct variable *variable = modify(variables, name);
	size_t position = position_of(variable, index);
	struct element_value value = {index, arena_strdup(variables->arena, text), variables->line,
				      variables->file};

	if (position == variable->count || variable->values[position].index != index) {
		reserve(variables, variable);
		memmove(variable->values + position + 1, variable->values + position,
			(variable->count - position) * sizeof(value));
		variable->count++;
	}
	variable->values[position] = value;
}

void variable_unset(struct variables *variables, const char *name)
{
	modify(variables, name)->count = 0;
}

void variable_unset_element(struct variables *variables, const char *name, long index)
{
	struct variable *variable = modify(variables, name);
	size_t position = position_of(variable, index);

	if (position == variable->count || variable->values[position].index != index)
		return;
	variable->count--;
	memmove(variable->values + position, variable->values + position + 1,
		(variable->count - position) * sizeof(*variable->values));
}

/* Names that are known already are assigned now, the others when they are asked for. */
void variables_assign_plain(struct variables *variables, const char *text, const char *file)
{
	struct plain_assignments *plain = ARENA_NEW(variables->arena, struct plain_assignments);
	const struct scope *scope = variables->scope;
	const char *outer_file = variables->file;
	size_t length = strlen(text);
	char *copy = arena_alloc(variables->arena, length + 3);

	(void)snprintf(copy, length + 3, "\n%s\n", text);
	while (scope && scope->kind != SCOPE_SUBSHELL)
		scope = scope->outer;
	*plain = (struct plain_assignments){copy, length + 2, file, scope, variables->plain};
	variables->file = file;
	STRMAP_FOREACH (entry, &variables->map) {
		const char *value = text_starts_with(entry->key, "CONFIG_")
					    ? plain_assignments_find(plain, entry->key, &length)
					    : NULL;

		if (value)
			variable_set(variables, entry->key, 0,
				     arena_strndup(variables->arena, value, length));
	}
	variables->plain = plain;
	variables->file = outer_file;
}

void variables_push(struct variables *variables, enum scope_kind kind)
{
	struct scope *scope = ARENA_NEW(variables->arena, struct scope);

	scope->kind = kind;
	scope->outer = variables->scope;
	variables->scope = scope;
}

void variables_pop(struct variables *variables)
{
	struct scope *scope = variables->scope;

	for (struct saved_variable *saved = scope->saved; saved; saved = saved->next)
		*(struct variable *)strmap_get(&variables->map, saved->name) = saved->old;
	while (variables->plain && variables->plain->scope == scope)
		variables->plain = variables->plain->previous;
	variables->scope = scope->outer;
}

void variable_make_local(struct variables *variables, const char *name)
{
	struct scope *scope = variables->scope;
	struct variable *variable = find(variables, name);

	if (!scope || variable->saver == scope)
		return;
	save(variables, scope, name, variable);
	variable_unset(variables, name);
}
