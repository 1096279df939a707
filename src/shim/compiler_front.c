/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compiler-front: stands first on a build's PATH under the names of compilers. It starts the next
 * program of that name with its real path as argv[0] and all else unchanged. Only questions whose
 * exit status alone can matter (shim/probe.h) it answers from memory, if it knows the answer.
 *
 * It is started by way of a link in a directory that dkms has made for the build (build/probes.h):
 *
 *	gcc, cc, …	links to this program
 *	known		what dkms knows; only dkms writes there
 *	learned		what this build has found out; whatever it holds, no other build reads it
 *
 * Any trouble of its own ends in starting the compiler.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "shim/ask.h"
#include "shim/compiler.h"
#include "shim/probe.h"
#include "shim/remembered.h"

enum { LONGEST_SCRIPT = 1 << 17, NOT_FOUND = 127 };

/* Programs that the compiler starts, such as ccache, find the compilers themselves. */
static void leave_path(const struct behind *front)
{
	size_t length = strlen(front->directory), size = strlen(front->search) + 1;
	char *rest = calloc(1, size);
	const char *end;

	if (!rest)
		return;
	for (const char *entry = front->search; *entry; entry = *end ? end + 1 : end) {
		end = entry + strcspn(entry, ":");
		if ((size_t)(end - entry) != length || memcmp(entry, front->directory, length) != 0)
			(void)strncat(rest, entry, (size_t)(end - entry) + (*end == ':'));
	}
	(void)setenv("PATH", rest, 1);
	free(rest);
}

static bool is_null_device(int fd)
{
	struct stat info;

	return fstat(fd, &info) == 0 && S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3);
}

/* The third of three arguments of the shell that started this: sh -c SCRIPT. */
static const char *read_script(pid_t shell, char *text, size_t size)
{
	char path[32];
	size_t length = 0;
	ssize_t got;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)shell);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	while (length < size && (got = read(fd, text + length, size - length)) > 0)
		length += (size_t)got;
	(void)close(fd);
	if (length == 0 || length == size || text[length - 1] != '\0')
		return NULL;
	const char *option = text + strlen(text) + 1;

	if (option >= text + length || strcmp(option, "-c") != 0)
		return NULL;
	const char *script = option + strlen(option) + 1;

	return script + strlen(script) + 1 == text + length ? script : NULL;
}

static bool only_status_matters(const struct probe *probe)
{
	static char text[LONGEST_SCRIPT];
	pid_t shell = getppid();

	if (!is_null_device(STDOUT_FILENO) || !is_null_device(STDERR_FILENO))
		return false;
	if (!probe->output || strcmp(probe->output, "/dev/null") == 0)
		return true;
	const char *script = read_script(shell, text, sizeof(text));

	return script && probe_output_is_discarded(probe->output, script, shell);
}

static void answer(const struct behind *front, char *const argv[], const struct probe *probe)
{
	char known[PATH_MAX + 8], learned[PATH_MAX + 8];
	struct memory_key key;
	memory_answer known_status;
	int status;

	if (!probe_make_key(argv, probe, front->program, front->search, &key))
		return;
	(void)snprintf(known, sizeof(known), "%s/known", front->directory);
	(void)snprintf(learned, sizeof(learned), "%s/learned", front->directory);
	if (memory_find(known, &key, known_status) || memory_find(learned, &key, known_status))
		_exit(*known_status != '0');
	status = ask_compiler(front->program, argv, &key, learned);
	if (status >= 0)
		_exit(ask_exit_status(status));
}

int main(int argc, char **argv)
{
	struct behind front;
	struct probe probe;

	if (argc < 1 || !behind_find(&front)) {
		(void)fprintf(stderr, "%s: not found\n", argc < 1 ? "compiler" : argv[0]);
		return NOT_FOUND;
	}
	argv[0] = front.program;
	leave_path(&front);
	if (probe_recognise(argv, &probe) && only_status_matters(&probe))
		answer(&front, argv, &probe);
	(void)execv(front.program, argv);
	(void)fprintf(stderr, "%s: %s\n", front.program, strerror(errno));
	return ASK_NOT_STARTED;
}
