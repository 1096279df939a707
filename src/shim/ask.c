/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* This environment with messages in English, which are parsed. The caller frees it. */
static char **plain_environment(void)
{
	static const char name[] = "LC_ALL=";
	size_t count = 0, kept = 0;

	while (environ[count])
		count++;
	char **plain = calloc(count + 2, sizeof(*plain));

	for (size_t i = 0; plain && i < count; i++)
		if (strncmp(environ[i], name, strlen(name)) != 0)
			plain[kept++] = environ[i];
	if (plain)
		plain[kept] = (char *)"LC_ALL=C";
	return plain;
}

/* messages: a file for what it says on stderr. */
static pid_t start(const char *program, char *const argv[], int messages)
{
	posix_spawn_file_actions_t actions;
	char **plain = plain_environment();
	pid_t pid = -1;

	if (!plain || posix_spawn_file_actions_init(&actions) != 0) {
		free(plain);
		return -1;
	}
	if (posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) !=
		    0 ||
	    posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO) != 0 ||
	    posix_spawn(&pid, program, &actions, NULL, argv, plain) != 0)
		pid = -1;
	(void)posix_spawn_file_actions_destroy(&actions);
	free(plain);
	return pid;
}

/* The compiler refused the option, and did not just run out of something. */
static bool says_unknown(int messages)
{
	static const char *const phrases[] = {"unrecognized ", "unknown ", "invalid ",
					      "not supported"};
	char text[4096];
	ssize_t length = pread(messages, text, sizeof(text) - 1, 0);

	if (length <= 0)
		return false;
	text[length] = '\0';
	for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++)
		if (strstr(text, phrases[i]))
			return true;
	return false;
}

int ask_compiler(const char *program, char *const argv[], const struct memory_key *key,
		 const char *learned)
{
	int messages = memfd_create("messages", MFD_CLOEXEC), status = -1;
	pid_t pid = -1;

	if (messages >= 0)
		pid = start(program, argv, messages);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			status = -1;
			break;
		}
	if (learned && status >= 0 && WIFEXITED(status) &&
	    (WEXITSTATUS(status) == 0 || (WEXITSTATUS(status) == 1 && says_unknown(messages))))
		memory_add(learned, key, WEXITSTATUS(status) ? "1" : "0");
	if (messages >= 0)
		(void)close(messages);
	return status;
}

int ask_exit_status(int status)
{
	if (WIFSIGNALED(status)) {
		(void)signal(WTERMSIG(status), SIG_DFL);
		(void)raise(WTERMSIG(status));
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : ASK_NOT_STARTED;
}

/* A probe as try-run asks it, without the shell, mkdir and rm that it takes for that. */

/* The directory that is the shell's own, by this process' number in place of "$$". */
static bool make_directory(const struct try_run *run, char *path)
{
	int length = snprintf(path, PATH_MAX, "%.*s%ld",
			      (int)(run->directory.length - strlen("$$")), run->directory.text,
			      (long)getpid());

	return length < PATH_MAX && mkdir(path, 0777) == 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
	(void)info;
	(void)type;
	(void)place;
	(void)remove(path);
	return 0;
}

/* Where the compiler writes: "$TMP" is D/.tmp_$$/tmp. */
static bool place_output(const char *directory, const char *output, char *path)
{
	return snprintf(path, PATH_MAX, "%s/tmp%s", directory, output + strlen("$TMP")) < PATH_MAX;
}

bool try_probe(const struct question *question, const char *learned, bool *ret_success)
{
	char directory[PATH_MAX], output[PATH_MAX];
	char **written = &question->words[question->output];
	int status = -1;

	/* The script sets these, which a compiler would see if they are exported. */
	if (getenv("TMP") || getenv("TMPO") || !make_directory(&question->try_run, directory))
		return false;
	if (place_output(directory, *written, output)) {
		char *const called = question->words[0], *const named = *written;

		question->words[0] = (char *)question->program;
		*written = output;
		status = ask_compiler(question->program, question->words, &question->key, learned);
		question->words[0] = called;
		*written = named;
	}
	(void)nftw(directory, remove_entry, 1, FTW_DEPTH | FTW_PHYS);
	if (status < 0)
		return false;
	*ret_success = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return true;
}
