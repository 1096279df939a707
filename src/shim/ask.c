/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
