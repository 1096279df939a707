/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "cage/worker.h"
#include "kernel/packed_image.h"

enum {
	IDENTITY_LIMIT = 64, /* of struct utsname; kbuild cuts it there, too */
	HEADER_LIMIT = 64 << 10,
	BOOT_HEADER_END = 0x210,
	BANNER_LIMIT = 1024,
	CHUNK = 1 << 20,
	IMAGE_LIMIT = 512 << 20,
};

/* At most as much as uname says, without blanks at its ends; NULL for nothing. */
static char *cut(const char *text, size_t length)
{
	cleanup(free_string) char *raw = xstrndup(text, length < IDENTITY_LIMIT ? length
										: IDENTITY_LIMIT);
	cleanup(free_string) char *identity = text_trimmed(raw);

	return *identity ? TAKE(identity) : NULL;
}

char *kernel_headers_identity(const char *headers)
{
	static const char *const names[] = {"include/generated/utsversion.h",
					    "include/generated/compile.h"};
	static const char define[] = "#define UTS_VERSION \"";

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		cleanup(free_string) char *path = path_join(headers, names[i], NULL);
		cleanup(free_string) char *text = file_read_if_possible(path, HEADER_LIMIT);
		const char *begin = text ? strstr(text, define) : NULL;

		if (!begin)
			continue;
		begin += strlen(define);
		return cut(begin, strcspn(begin, "\"\n"));
	}
	return NULL;
}

static char *running_identity(const struct settings *settings, const char *release)
{
	struct utsname running;

	if (*settings->root || uname(&running) < 0 || !text_equal(running.release, release))
		return NULL;
	return cut(running.version, strlen(running.version));
}

/* The worker's input: the text to find, and where. */
struct image {
	int fd;
	const char *release;
};

/* "RELEASE (who@where) UTS_VERSION", as a boot header names its kernel. */
static char *parse_boot_text(const char *text, const char *release)
{
	size_t length = strlen(release);
	const char *end;

	if (strncmp(text, release, length) != 0 || strncmp(text + length, " (", 2) != 0)
		return NULL;
	end = strstr(text + length, ") ");
	return end ? cut(end + 2, strlen(end + 2)) : NULL;
}

/* Linux/x86's boot protocol: "HdrS" at 0x202, and at 0x20e where the text is, less 0x200. */
static char *read_boot_header(const struct image *image)
{
	unsigned char header[BOOT_HEADER_END];
	char text[BANNER_LIMIT + 1] = {0};

	if (pread(image->fd, header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header + 0x202, "HdrS", 4) != 0)
		return NULL;
	off_t at = 0x200 + (header[0x20e] | header[0x20f] << 8);

	if (pread(image->fd, text, BANNER_LIMIT, at) <= 0)
		return NULL;
	return parse_boot_text(text, image->release);
}

/* "Linux version RELEASE (who@where) (compiler (of whom) …) UTS_VERSION\n". */
static char *parse_banner(const char *banner)
{
	size_t length = strcspn(banner, "\n");
	const char *identity = NULL;

	if (!banner[length])
		return NULL; /* cut short */
	/* UTS_VERSION begins with the number of the build. */
	for (const char *at = banner; (at = strstr(at, ") #")) && at < banner + length; at++)
		identity = at + 2;
	return identity ? cut(identity, length - (size_t)(identity - banner)) : NULL;
}

static char *find_banner(const char *data, size_t length, const char *banner)
{
	const char *end = data + length;

	for (const char *at = data; (at = memmem(at, (size_t)(end - at), banner, strlen(banner)));
	     at++) {
		size_t rest = (size_t)(end - at);
		cleanup(free_string) char *text = xstrndup(at, rest < BANNER_LIMIT ? rest
										   : BANNER_LIMIT);
		char *identity = parse_banner(text);

		if (identity)
			return identity;
	}
	return NULL;
}

/* The text that the kernel prints first is looked for in pieces, which overlap. */
struct search {
	const char *banner;
	char *data; /* CHUNK bytes */
	size_t length;
	char *identity;
};

static bool search_piece(void *context, const char *piece, size_t length)
{
	struct search *search = context;

	while (length && !search->identity) {
		size_t room = CHUNK - search->length;
		size_t taken = length < room ? length : room;

		memcpy(search->data + search->length, piece, taken);
		search->length += taken;
		piece += taken;
		length -= taken;
		if (search->length < CHUNK)
			break;
		search->identity = find_banner(search->data, search->length, search->banner);
		memmove(search->data, search->data + CHUNK - BANNER_LIMIT, BANNER_LIMIT);
		search->length = BANNER_LIMIT;
	}
	return !search->identity;
}

static char *search_image(const struct image *image)
{
	cleanup(free_string) char *banner = text_format("Linux version %s (", image->release);
	cleanup(free_string) char *data = xcalloc(CHUNK, 1);
	struct search search = {.banner = banner, .data = data};

	packed_image_read(image->fd, IMAGE_LIMIT, search_piece, &search);
	return search.identity ? search.identity : find_banner(data, search.length, banner);
}

/* In the worker. */
static int look_into_image(void *context, struct answer *answer, struct error *error)
{
	const struct image *image = context;
	cleanup(free_string) char *identity = read_boot_header(image);

	(void)error;
	if (!identity)
		identity = search_image(image);
	answer_put_text(answer, identity);
	return 0;
}

/* NULL in *ret_identity if the image does not tell it. */
static int read_image(const char *path, const char *release, char **ret_identity,
		      struct error *error)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct image image = {.fd = fd, .release = release};
	cleanup(answer_free) struct answer answer = {0};
	cleanup(free_string) char *purpose = text_format("reading %s", path);
	const struct worker worker = {
		.purpose = purpose,
		.work = look_into_image,
		.context = &image,
		.fds = &image.fd,
		.fd_count = 1,
	};
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
		return 0;
	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	if (answer_text(&answer, ret_identity, IDENTITY_LIMIT) < 0 || answer_end(&answer) < 0)
		return worker_nonsense(&worker, error);
	return 0;
}

static int image_identity(const struct settings *settings, const struct kernel *kernel,
			  char **ret_identity, struct error *error)
{
	static const char *const names[] = {"vmlinuz",  "vmlinux",     "Image",
					    "Image.gz", "vmlinuz.efi", NULL};
	const char *release = kernel->id.release;

	for (size_t i = 0; names[i] && !*ret_identity; i++) {
		cleanup(free_string) char *name = text_format("/boot/%s-%s", names[i], release);
		cleanup(free_string) char *boot = settings_path(settings, name);
		cleanup(free_string) char *own = path_join(kernel->module_directory, names[i],
							   NULL);

		if (read_image(boot, release, ret_identity, error) < 0 ||
		    (!*ret_identity && read_image(own, release, ret_identity, error) < 0))
			return error->code;
	}
	return 0;
}

int kernel_build_identity(const struct settings *settings, const struct kernel *kernel,
			  char **ret_identity, struct error *error)
{
	char *identity = kernel_headers_identity(kernel->source_directory);

	if (!identity)
		identity = running_identity(settings, kernel->id.release);
	if (!identity && image_identity(settings, kernel, &identity, error) < 0)
		return error->code;
	if (!identity)
		return error_set(error, -ENOENT, 0,
				 "Nothing tells which build of kernel %s is installed: it has "
				 "neither headers nor an image in /boot that says so.",
				 kernel->id.release);
	*ret_identity = identity;
	return 0;
}
