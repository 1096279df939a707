/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ownership made visible: locals release themselves, transfers are spelled TAKE.
 *
 *	cleanup(free_string) char *path = path_join(a, b, NULL);
 *	...
 *	return TAKE(path);		// the caller owns it now
 *
 * A type T with a release function void T_free(struct T *) gets its handler from
 * DEFINE_CLEANUP(struct T *, T_free), used as cleanup(T_free_handler).
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <dirent.h>

#define cleanup(handler) __attribute__((cleanup(handler)))

/* Hands over a pointer: yields it and leaves NULL behind. */
#define TAKE(pointer)                                      \
	({                                                 \
		typeof(pointer) *take_from_ = &(pointer);  \
		typeof(pointer) take_value_ = *take_from_; \
		*take_from_ = NULL;                        \
		take_value_;                               \
	})

/* The same for a file descriptor, which leaves -1 behind. */
#define TAKE_FD(fd)                            \
	({                                     \
		int *take_from_ = &(fd);       \
		int take_value_ = *take_from_; \
		*take_from_ = -1;              \
		take_value_;                   \
	})

#define DEFINE_CLEANUP(type, function)                      \
	static inline void function##_handler(type *object) \
	{                                                   \
		if (*object)                                \
			(void)function(*object);            \
	}

/* For char * and any other plain heap pointer. */
static inline void free_string(void *pointer)
{
	free(*(void **)pointer);
}

/* For descriptors that were only read from: a failing close loses nothing there. */
static inline void close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

DEFINE_CLEANUP(DIR *, closedir)
DEFINE_CLEANUP(FILE *, fclose)
