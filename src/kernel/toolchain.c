/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiler that a kernel was built with, and what its .kernelvariables sets. */
#include "kernel/toolchain.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/strv.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/process.h"
#include "base/text.h"
#include "kernel/kernel.h"

static const uint64_t comment_limit = 1UL << 20;

struct image {
	int fd;
	bool wide; /* 64 bit */
	bool big;  /* most significant byte first */
	uint64_t section_table;
	unsigned section_count;
	unsigned section_size;
	unsigned names_index;
};

struct section {
	uint32_t name;
	uint64_t offset;
	uint64_t size;
};

static bool read_at(int fd, void *data, size_t length, uint64_t offset)
{
	char *next = data;

	while (length) {
		if (offset > INT64_MAX)
			return false;
		ssize_t got = pread(fd, next, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		next += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return true;
}

/* An unsigned number of 2, 4 or 8 bytes in the image's byte order. */
static uint64_t number(const struct image *image, const unsigned char *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[image->big ? i : size - 1 - i];
	return value;
}

/* A member of the 32- or the 64-bit form of a structure of <elf.h>. */
#define MEMBER(image, bytes, type, name)                                       \
	((image)->wide ? number(image, (bytes) + offsetof(Elf64_##type, name), \
				sizeof(((Elf64_##type *)0)->name))             \
		       : number(image, (bytes) + offsetof(Elf32_##type, name), \
				sizeof(((Elf32_##type *)0)->name)))

static bool read_header(struct image *image)
{
	unsigned char header[sizeof(Elf64_Ehdr)] = {0};

	if (!read_at(image->fd, header, sizeof(Elf32_Ehdr), 0) ||
	    memcmp(header, ELFMAG, SELFMAG) != 0)
		return false;
	image->wide = header[EI_CLASS] == ELFCLASS64;
	image->big = header[EI_DATA] == ELFDATA2MSB;
	if (image->wide && !read_at(image->fd, header, sizeof(header), 0))
		return false;
	image->section_table = MEMBER(image, header, Ehdr, e_shoff);
	image->section_count = (unsigned)MEMBER(image, header, Ehdr, e_shnum);
	image->section_size = (unsigned)MEMBER(image, header, Ehdr, e_shentsize);
	image->names_index = (unsigned)MEMBER(image, header, Ehdr, e_shstrndx);
	return image->section_size >= (image->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) &&
	       image->names_index < image->section_count;
}

static bool read_section(const struct image *image, unsigned index, struct section *ret_section)
{
	unsigned char header[sizeof(Elf64_Shdr)] = {0};
	uint64_t at;

	if (__builtin_add_overflow(image->section_table, (uint64_t)index * image->section_size,
				   &at) ||
	    !read_at(image->fd, header, image->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), at))
		return false;
	ret_section->name = (uint32_t)MEMBER(image, header, Shdr, sh_name);
	ret_section->offset = MEMBER(image, header, Shdr, sh_offset);
	ret_section->size = MEMBER(image, header, Shdr, sh_size);
	return true;
}

static bool is_named(const struct image *image, const struct section *names,
		     const struct section *section, const char *name)
{
	char found[16];
	size_t length = strlen(name) + 1;
	uint64_t at;

	return length <= sizeof(found) && section->name < names->size &&
	       names->size - section->name >= length &&
	       !__builtin_add_overflow(names->offset, section->name, &at) &&
	       read_at(image->fd, found, length, at) && memcmp(found, name, length) == 0;
}

static bool find_section(const struct image *image, const char *name, struct section *ret_section)
{
	struct section names, section;

	if (!read_section(image, image->names_index, &names))
		return false;
	for (unsigned i = 0; i < image->section_count; i++) {
		if (!read_section(image, i, &section))
			return false;
		if (is_named(image, &names, &section, name)) {
			*ret_section = section;
			return true;
		}
	}
	return false;
}

bool vmlinux_is_built_by_clang(const char *path)
{
	static const char maker[] = "clang version";
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct image image = {.fd = fd};
	struct section comment;

	if (fd < 0 || !read_header(&image) || !find_section(&image, ".comment", &comment) ||
	    comment.size > comment_limit)
		return false;
	cleanup(free_string) char *text = xcalloc(1, comment.size + 1);

	return read_at(fd, text, comment.size, comment.offset) &&
	       memmem(text, comment.size, maker, strlen(maker));
}

/*
 * .kernelvariables: a make file that Debian puts beside a kernel's headers and that may say which
 * compiler built it. Only text is looked at, nothing is run. It knows assignments (=, :=, ::=,
 * ?=, with override, export or private before), references to variables of the file or the
 * environment, and $(if …). What stands between a conditional and its endif is skipped.
 */

static const size_t file_limit = 64UL << 10;

static const size_t value_limit = 4096;

static const int reference_limit = 256; /* a variable that names itself ends here */

static const char blanks[] = " \t";

/* --- reading assignments --- */

struct reader {
	struct strmap variables; /* name → unexpanded value (char *) */
	int conditionals;        /* open ifeq, ifneq, ifdef, ifndef */
	int references;          /* expanded so far */
};

static bool takes_word(const char **text, const char *word)
{
	size_t length = strlen(word);

	if (!text_starts_with(*text, word) || !strchr(blanks, (*text)[length]))
		return false;
	*text += length;
	*text += strspn(*text, blanks);
	return true;
}

/* True if the line opens or closes a conditional, or stands inside one. */
static bool is_conditional(struct reader *reader, const char *line)
{
	static const char *const openers[] = {"ifeq", "ifneq", "ifdef", "ifndef"};

	for (size_t i = 0; i < sizeof(openers) / sizeof(*openers); i++) {
		if (takes_word(&line, openers[i])) {
			reader->conditionals++;
			return true;
		}
	}
	if (takes_word(&line, "endif")) {
		reader->conditionals -= reader->conditionals > 0;
		return true;
	}
	return reader->conditionals > 0;
}

static void assign(struct reader *reader, const char *name, size_t name_length, const char *sign,
		   const char *value)
{
	cleanup(free_string) char *key = xstrndup(name, name_length);

	if (*sign == '?' && (strmap_get(&reader->variables, key) || getenv(key)))
		return;
	free(strmap_set(&reader->variables, key, text_trimmed(value)));
}

static void read_line(struct reader *reader, char *line)
{
	static const char *const signs[] = {"::=", ":=", "?=", "="};
	const char *name = line;

	line[strcspn(line, "#")] = '\0';
	if (*line == '\t') /* a command */
		return;
	name += strspn(name, blanks);
	if (is_conditional(reader, name))
		return;
	while (takes_word(&name, "override") || takes_word(&name, "export") ||
	       takes_word(&name, "private"))
		;
	size_t length = strcspn(name, " \t:=?+!");
	const char *sign = name + length + strspn(name + length, blanks);

	for (size_t i = 0; length && i < sizeof(signs) / sizeof(*signs); i++)
		if (text_starts_with(sign, signs[i])) {
			assign(reader, name, length, sign, sign + strlen(signs[i]));
			return;
		}
}

/* Cuts text into lines, a backslash at the end of one joining the next. */
static void read_text(struct reader *reader, char *text)
{
	for (char *line = text, *scan = text; *line; scan = line) {
		while (*scan && *scan != '\n') {
			if (scan[0] == '\\' && scan[1] == '\n')
				scan[0] = scan[1] = ' ';
			scan++;
		}
		char *next = *scan ? scan + 1 : scan;

		*scan = '\0';
		read_line(reader, line);
		line = next;
	}
}

/* --- expanding values --- */

static bool expand(struct reader *reader, const char *text, size_t length, struct buffer *out);

static bool expand_variable(struct reader *reader, const char *name, size_t length,
			    struct buffer *out)
{
	cleanup(free_string) char *key = xstrndup(name, length);
	const char *value = strmap_get(&reader->variables, key);

	if (value)
		return expand(reader, value, strlen(value), out);
	value = getenv(key);
	buffer_add_text(out, value ? value : "");
	return out->length <= value_limit;
}

/* The length of text up to a comma outside of parentheses and braces. */
static size_t argument_length(const char *text, size_t length)
{
	int depth = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '(' || text[i] == '{')
			depth++;
		else if (text[i] == ')' || text[i] == '}')
			depth--;
		else if (text[i] == ',' && depth == 0)
			return i;
	}
	return length;
}

/* CONDITION,THEN[,ELSE] of $(if …): the branch is everything after its comma, as in make. */
static bool expand_if(struct reader *reader, const char *text, size_t length, struct buffer *out)
{
	cleanup(buffer_free) struct buffer condition = {0};
	size_t end = argument_length(text, length);

	if (end == length || !expand(reader, text, end, &condition))
		return false;
	text += end + 1;
	length -= end + 1;
	end = argument_length(text, length);
	cleanup(free_string) char *value = buffer_take(&condition);

	if (value[strspn(value, blanks)])
		return expand(reader, text, end, out);
	return end == length || expand(reader, text + end + 1, length - end - 1, out);
}

/* Returns the text inside $(…) or ${…}. */
static bool expand_reference(struct reader *reader, const char *text, size_t length,
			     struct buffer *out)
{
	size_t word = strcspn(text, " \t,:$(){}");

	if (++reader->references > reference_limit)
		return false;
	if (word >= length)
		return expand_variable(reader, text, length, out);
	if (word == 2 && text_starts_with(text, "if") && strchr(blanks, text[word]))
		return expand_if(reader, text + 3, length - 3, out);
	return false;
}

/* The length of a reference's inside, from after the opening bracket; -1 if it never closes. */
static ssize_t reference_length(const char *text, size_t length)
{
	int depth = 1;

	for (size_t i = 0; i < length; i++) {
		depth += text[i] == '(' || text[i] == '{';
		depth -= text[i] == ')' || text[i] == '}';
		if (depth == 0)
			return (ssize_t)i;
	}
	return -1;
}

static bool expand(struct reader *reader, const char *text, size_t length, struct buffer *out)
{
	const char *end = text + length;

	while (text < end && out->length <= value_limit) {
		if (*text != '$') {
			buffer_add_char(out, *text++);
			continue;
		}
		text++;
		if (text < end && *text == '$') {
			buffer_add_char(out, *text++);
			continue;
		}
		if (text >= end || (*text != '(' && *text != '{'))
			return false;
		text++;
		ssize_t inside = reference_length(text, (size_t)(end - text));

		if (inside < 0 || !expand_reference(reader, text, (size_t)inside, out))
			return false;
		text += inside + 1;
	}
	return out->length <= value_limit;
}

char *kernelvariables_value(const char *path, const char *variable)
{
	cleanup(buffer_free) struct buffer expanded = {0};
	struct reader reader = {0};
	char *value = NULL;

	cleanup(free_string) char *text = file_read_if_possible(path, file_limit);

	if (!text)
		return NULL;
	read_text(&reader, text);
	if (strmap_get(&reader.variables, variable) &&
	    expand_variable(&reader, variable, strlen(variable), &expanded)) {
		cleanup(free_string) char *whole = buffer_take(&expanded);

		value = text_trimmed(whole);
	}
	strmap_free(&reader.variables, free);
	if (value && !*value)
		free(TAKE(value));
	return value;
}

static bool is_built_by_clang(const struct kernel *kernel)
{
	cleanup(free_string) char *image = path_join(kernel->source_directory, "vmlinux", NULL);

	return kernel_config_is_yes(kernel, "CC_IS_CLANG") || vmlinux_is_built_by_clang(image);
}

static char *first_word(const char *text)
{
	text += strspn(text, " \t");
	return xstrndup(text, strcspn(text, " \t"));
}

/* True if the first word of the command is a program that can be run here. */
static bool is_installed(const char *command)
{
	cleanup(free_string) char *program = first_word(command);
	cleanup(free_string) char *path = *program ? process_find_program(program) : NULL;

	return path;
}

/* "gcc-12 (Debian 12.2.0-14) 12.2.0": the program comes first. */
static char *compiler_from_config(const struct kernel *kernel)
{
	const char *version = kernel_config_value(kernel, "CC_VERSION_TEXT");
	cleanup(free_string) char *program = version ? first_word(version) : NULL;

	return program && is_installed(program) ? TAKE(program) : NULL;
}

/* A command, perhaps with a word before the compiler ("ccache gcc-12"). */
static char *compiler_from_kernelvariables(const struct kernel *kernel)
{
	cleanup(free_string) char *path = path_join(kernel->source_directory, ".kernelvariables",
						    NULL);
	cleanup(free_string) char *command = kernelvariables_value(path, "CC");

	return command && is_installed(command) ? TAKE(command) : NULL;
}

void kernel_find_toolchain(const struct kernel *kernel, struct kernel_toolchain *ret_toolchain)
{
	struct kernel_toolchain toolchain = {.clang = is_built_by_clang(kernel)};

	toolchain.cc = compiler_from_config(kernel);
	if (!toolchain.cc)
		toolchain.cc = compiler_from_kernelvariables(kernel);
	if (!toolchain.cc && toolchain.clang)
		toolchain.cc = xstrdup("clang");
	if (kernel_config_is_yes(kernel, "LD_IS_LLD"))
		toolchain.ld = xstrdup("ld.lld");
	*ret_toolchain = toolchain;
}

void kernel_toolchain_free(struct kernel_toolchain *toolchain)
{
	free(toolchain->cc);
	free(toolchain->ld);
	*toolchain = (struct kernel_toolchain){0};
}
