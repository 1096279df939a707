/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks a whole tree whose contents a stranger may have made, and may be changing. Every step is
 * relative to an open directory, no link is followed, and a directory that was moved away meanwhile
 * ends the walk with -ESTALE. Depth and path length have no limit; a walk keeps at most some dozens
 * of descriptors open, and reads at most WALK_MOST_ENTRIES names (-E2BIG beyond).
 */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum { WALK_MOST_ENTRIES = 4000000 };

/* The argument of a visitor. Each visitor returns 0 or a negative errno, which ends the walk. */
struct walk_step {
	int parent;       /* the directory that holds it … */
	const char *name; /* … under this name */
	const char *path; /* below what the walk began with, "" for that; NULL unless asked for */
	int fd;           /* leave() only: the directory itself */
	int to_parent, to_fd; /* the same in the second tree; -1 without one */
	const char *to_name;
	const struct stat *info; /* of the entry itself; links are not followed */
	unsigned int depth;      /* 0: what the walk began with */
	void *context;
};

typedef int walk_visitor(const struct walk_step *step);

struct walk {
	walk_visitor *file;  /* anything but a directory; NULL: skipped */
	walk_visitor *enter; /* a directory before what it holds; NULL: nothing to do */
	walk_visitor *leave; /* … and after; NULL: nothing to do */
	void *context;
	bool second;  /* enter() makes the same directory below to_parent, where the walk follows */
	bool paths;   /* each step tells the path */
	bool sorted;  /* what a directory holds comes in byte order, not as the directory has it */
	bool empties; /* file() and leave() remove what they get: any number of entries is fine */
};

/* Begins with parent/name, and to_parent/to_name in the second tree. Returns a negative errno. */
int walk_tree(const struct walk *walk, int parent, const char *name, int to_parent,
	      const char *to_name);

/*
 * The entries of one directory, in its own order, for callers that read thousands of directories:
 * nothing but open, getdents and close.
 *
 *	struct entries entries;
 *	int code = entries_open(&entries, AT_FDCWD, path);
 *	if (code < 0)
 *		return code;
 *	while ((entry = entries_next(&entries)))
 *		...
 *	code = entries_close(&entries);		// what entries_next() met, too
 */
struct entries {
	int fd; /* of the directory, to look at what is in it */
	int code;
	size_t next; /* offsets into buffer */
	size_t filled;
	char buffer[8192] __attribute__((aligned(16)));
};

/* path is relative to the opened directory parent, or AT_FDCWD. 0 or a negative errno. */
int entries_open(struct entries *entries, int parent, const char *path);

/* The next one but "." and "..", until the call after it; NULL at the end. */
const struct dirent64 *entries_next(struct entries *entries);

/* A directory, or a link to one. */
bool entries_is_directory(const struct entries *entries, const struct dirent64 *entry);

/* 0, or the negative errno at which entries_next() ended too early. */
int entries_close(struct entries *entries);
