/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* The position of index, or where it would have to be inserted. */
static size_t position_of(const struct conf_array *array, long index)
{
	size_t low = 0, high = array->count;

	/* Elements mostly come in order: look at the end first. */
	if (high == 0 || array->values[high - 1].index < index)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (array->values[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct conf_array *conf_values_array(const struct conf_values *values, const char *name)
{
	return strmap_get(&values->arrays, name);
}

const struct conf_value *conf_values_find(const struct conf_values *values, const char *name,
					  long index)
{
	const struct conf_array *array = conf_values_array(values, name);
	size_t position;

	if (!array)
		return NULL;
	position = position_of(array, index);
	if (position == array->count || array->values[position].index != index)
		return NULL;
	return &array->values[position];
}

const char *conf_values_get(const struct conf_values *values, const char *name, long index)
{
	const struct conf_value *value = conf_values_find(values, name, index);

	return value ? value->text : NULL;
}

static struct conf_value *insert_at(struct conf_array *array, size_t position, long index)
{
	if (array->count == array->capacity) {
		array->capacity = array->capacity ? array->capacity * 2 : 4;
		array->values = xreallocarray(array->values, array->capacity,
					      sizeof(*array->values));
	}
	memmove(array->values + position + 1, array->values + position,
		(array->count - position) * sizeof(*array->values));
	array->count++;
	array->values[position] = (struct conf_value){.index = index};
	return &array->values[position];
}

void conf_values_set(struct conf_values *values, const char *name, long index, const char *text,
		     const char *origin)
{
	struct conf_array *array = strmap_get(&values->arrays, name);
	struct conf_value *value;
	size_t position;

	if (!array) {
		array = NEW(struct conf_array);
		strmap_set(&values->arrays, name, array);
	}
	position = position_of(array, index);
	if (position < array->count && array->values[position].index == index)
		value = &array->values[position];
	else
		value = insert_at(array, position, index);
	text_assign(&value->text, text);
	text_assign(&value->origin, origin);
}

static void array_free(void *object)
{
	struct conf_array *array = object;

	if (!array)
		return;
	for (size_t i = 0; i < array->count; i++) {
		free(array->values[i].text);
		free(array->values[i].origin);
	}
	free(array->values);
	free(array);
}

void conf_values_unset(struct conf_values *values, const char *name)
{
	array_free(strmap_remove(&values->arrays, name));
}

void conf_values_free(struct conf_values *values)
{
	strmap_free(&values->arrays, array_free);
}

size_t conf_origin_split(const char *origin, long *ret_line)
{
	const char *colon = strrchr(origin, ':');

	*ret_line = 0;
	if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return strlen(origin);
	*ret_line = strtol(colon + 1, NULL, 10);
	return (size_t)(colon - origin);
}
