/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/strv.h"
#include "base/text.h"

/* How many directories above the current one stay open; those further up are found by "..". */
enum { KEPT_OPEN = 16, BATCH = 65536 };

/* A directory in one of the two trees. */
struct place {
	int fd; /* -1: closed for now */
	dev_t device;
	ino_t inode;
	char *name; /* in its parent */
};

struct frame {
	struct place from, to;
	struct stat info;
	char *path;        /* NULL unless asked for */
	struct strv names; /* what is still to visit … */
	size_t next;       /* … from here on */
	bool more;         /* the directory holds more than were read */
};

struct walker {
	const struct walk *walk;
	struct frame *frames;
	size_t depth, capacity;
	size_t entries;
	int parent, to_parent; /* of the first frame */
};

static int open_place(int parent, const char *name, struct place *place)
{
	cleanup(close_fd) int fd = openat(parent, name,
					  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return -errno;
	*place = (struct place){TAKE_FD(fd), info.st_dev, info.st_ino, xstrdup(name)};
	return 0;
}

static void close_place(struct place *place)
{
	close_fd(&place->fd);
	place->fd = -1;
}

/* The place above an open directory, unless that directory has been moved. */
static int reopen_above(const struct place *below, struct place *place)
{
	struct stat info;

	if (place->fd >= 0 || below->fd < 0)
		return 0;
	cleanup(close_fd) int fd = openat(below->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) < 0)
		return -errno;
	if (info.st_dev != place->device || info.st_ino != place->inode)
		return -ESTALE;
	place->fd = TAKE_FD(fd);
	return 0;
}

static struct frame *top(struct walker *walker)
{
	return &walker->frames[walker->depth - 1];
}

/* The directory whose entries are visited now, in either tree. */
static int current(const struct walker *walker, bool second)
{
	if (!walker->depth)
		return second ? walker->to_parent : walker->parent;
	const struct frame *frame = &walker->frames[walker->depth - 1];

	return second ? frame->to.fd : frame->from.fd;
}

/* Reads names that are still to visit; a walk that empties reads again what is left. */
static int read_names(struct walker *walker, struct frame *frame)
{
	int fd = openat(frame->from.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(closedir_handler) DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		int code = -errno;

		close_fd(&fd);
		return code;
	}
	strv_free(&frame->names);
	frame->next = 0;
	frame->more = false;
	for (errno = 0; (entry = readdir(directory)); errno = 0) {
		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		if (walker->walk->empties && frame->names.count == BATCH) {
			frame->more = true;
			return 0;
		}
		if (!walker->walk->empties && ++walker->entries > WALK_MOST_ENTRIES)
			return -E2BIG;
		strv_add(&frame->names, entry->d_name);
	}
	if (errno)
		return -errno;
	if (walker->walk->sorted)
		strv_sort(&frame->names);
	return 0;
}

static void free_frame(struct frame *frame)
{
	close_place(&frame->from);
	close_place(&frame->to);
	free(frame->from.name);
	free(frame->to.name);
	free(frame->path);
	strv_free(&frame->names);
}

static struct walk_step step_to(const struct walker *walker, const char *name, const char *to_name,
				const struct stat *info)
{
	return (struct walk_step){
		.parent = current(walker, false),
		.name = name,
		.to_parent = current(walker, true),
		.to_name = to_name,
		.info = info,
		.fd = -1,
		.to_fd = -1,
		.depth = (unsigned int)walker->depth,
		.context = walker->walk->context,
	};
}

static void add_frame(struct walker *walker, const struct frame *frame)
{
	if (walker->depth == walker->capacity) {
		walker->capacity = walker->capacity ? 2 * walker->capacity : KEPT_OPEN;
		walker->frames = xreallocarray(walker->frames, walker->capacity,
					       sizeof(*walker->frames));
	}
	walker->frames[walker->depth++] = *frame;
	if (walker->depth > KEPT_OPEN) {
		close_place(&walker->frames[walker->depth - 1 - KEPT_OPEN].from);
		close_place(&walker->frames[walker->depth - 1 - KEPT_OPEN].to);
	}
}

/* Goes into a directory that enter() has seen. */
static int descend(struct walker *walker, const struct walk_step *step)
{
	struct frame frame = {.from.fd = -1, .to.fd = -1};
	int code = open_place(step->parent, step->name, &frame.from);

	if (!code && fstat(frame.from.fd, &frame.info) < 0)
		code = -errno;
	text_assign(&frame.path, step->path);
	if (!code && walker->walk->second)
		code = open_place(step->to_parent, step->to_name, &frame.to);
	if (!code)
		code = read_names(walker, &frame);
	if (code)
		free_frame(&frame);
	else
		add_frame(walker, &frame);
	return code;
}

/* The path of an entry of the current directory, owned; NULL unless paths were asked for. */
static char *path_of(const struct walker *walker, const char *name)
{
	if (!walker->walk->paths)
		return NULL;
	if (!walker->depth)
		return xstrdup("");
	const char *above = walker->frames[walker->depth - 1].path;

	return text_format("%s%s%s", above, *above ? "/" : "", name);
}

/*
 * Below the first directory a vanished entry is no error: a stranger or another dkms may be at
 * work.
 */
static int visit(struct walker *walker, const char *name, const char *to_name)
{
	const struct walk *walk = walker->walk;
	cleanup(free_string) char *path = path_of(walker, name);
	struct stat info;
	struct walk_step step = step_to(walker, name, to_name, &info);
	int code = 0;

	step.path = path;

	if (fstatat(step.parent, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && (walker->depth || walk->empties) ? 0 : -errno;
	if (!S_ISDIR(info.st_mode))
		return walk->file ? walk->file(&step) : 0;
	if (walk->enter)
		code = walk->enter(&step);
	if (!code)
		code = descend(walker, &step);
	return code == -ENOENT && walk->empties ? 0 : code;
}

/* The top frame's directory has nothing left to visit. */
static int ascend(struct walker *walker)
{
	struct frame *frame = top(walker);
	int code = 0;

	if (walker->depth > 1) {
		struct frame *above = frame - 1;

		code = reopen_above(&frame->from, &above->from);
		if (!code)
			code = reopen_above(&frame->to, &above->to);
	}
	walker->depth--;
	if (!code && walker->walk->leave) {
		struct walk_step step = step_to(walker, frame->from.name, frame->to.name,
						&frame->info);

		step.path = frame->path;
		step.fd = frame->from.fd;
		step.to_fd = frame->to.fd;
		code = walker->walk->leave(&step);
	}
	free_frame(frame);
	return code;
}

static int go_on(struct walker *walker)
{
	struct frame *frame = top(walker);

	if (frame->next < frame->names.count) {
		/* The frames may move while the name is in use. */
		cleanup(free_string) char *name = TAKE(frame->names.items[frame->next]);

		frame->next++;
		return visit(walker, name, name);
	}
	return frame->more ? read_names(walker, frame) : ascend(walker);
}

int walk_tree(const struct walk *walk, int parent, const char *name, int to_parent,
	      const char *to_name)
{
	struct walker walker = {.walk = walk, .parent = parent, .to_parent = to_parent};
	int code = visit(&walker, name, to_name ? to_name : name);

	while (!code && walker.depth)
		code = go_on(&walker);
	while (walker.depth)
		free_frame(&walker.frames[--walker.depth]);
	free(walker.frames);
	return code;
}

int entries_open(struct entries *entries, int parent, const char *path)
{
	entries->fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	entries->code = 0;
	entries->next = entries->filled = 0;
	return entries->fd < 0 ? -errno : 0;
}

static bool refill(struct entries *entries)
{
	ssize_t got = getdents64(entries->fd, entries->buffer, sizeof(entries->buffer));

	if (got < 0)
		entries->code = -errno;
	entries->next = 0;
	entries->filled = got > 0 ? (size_t)got : 0;
	return got > 0;
}

const struct dirent64 *entries_next(struct entries *entries)
{
	while (entries->next < entries->filled || refill(entries)) {
		const struct dirent64 *entry = (const void *)(entries->buffer + entries->next);

		entries->next += entry->d_reclen;
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
			return entry;
	}
	return NULL;
}

/* A stat only where the directory does not tell the type, or for a link. */
bool entries_is_directory(const struct entries *entries, const struct dirent64 *entry)
{
	struct stat info;

	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
		return entry->d_type == DT_DIR;
	return fstatat(entries->fd, entry->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

int entries_close(struct entries *entries)
{
	(void)close(entries->fd);
	return entries->code;
}
