/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks a whole tree whose contents a stranger may have made, and may be changing. Every step is
 * relative to an open directory, no link is followed, and a directory that was moved away meanwhile
 * ends the walk with -ESTALE. Depth and path length have no limit; a walk keeps at most some dozens
 * of descriptors open, and reads at most WALK_MOST_ENTRIES names (-E2BIG beyond).
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

enum { WALK_MOST_ENTRIES = 4000000 };

/* What a visitor gets. Each visitor returns 0 or a negative errno, which ends the walk. */
struct walk_step {
	int parent;       /* the directory that holds it … */
	const char *name; /* … under this name */
	const char *path; /* below what the walk began with, "" for that; NULL unless asked for */
	int fd;           /* leave() only: the directory itself */
	int to_parent, to_fd; /* the same in the second tree; -1 without one */
	const char *to_name;
	const struct stat *info; /* of itself, never of what a link leads to */
	unsigned int depth;      /* 0: what the walk began with */
	void *context;
};

typedef int walk_visitor(const struct walk_step *step);

struct walk {
	walk_visitor *file;  /* whatever is no directory; NULL: passed over */
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
