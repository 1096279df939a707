/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shell-front: is /bin/sh in a caged build, and starts the shell itself (shim/fronts.h) with
 * everything unchanged. Only what kbuild asks with the shell's help, always the same
 * (shim/question.h), it answers from memory. The memory is compiler-front's: it lies in the first
 * directory on PATH that is called .front. What is not known it learns: it asks the compiler
 * (shim/ask.h), or takes down what the shell says, and passes it on. If nothing is to be
 * remembered, it puts each probe to the compiler. pahole's version, which a build asks for several
 * times, it asks once.
 *
 * Any trouble of its own ends in starting the shell.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/ask.h"
#include "shim/fronts.h"
#include "shim/question.h"

extern char **environ;

enum { NOT_STARTED = 126 };

struct front {
	const char *search; /* PATH */
	char directory[PATH_MAX];
	char known[PATH_MAX + 8], learned[PATH_MAX + 8];
};

/* The output of a shell, as far as there is room. */
struct notes {
	char text[MEMORY_LONGEST_ANSWER + 2];
	size_t length;
	bool overflowed;
};

static bool find_front(struct front *front)
{
	static const char name[] = "/.front";
	const char *end;

	front->search = getenv("PATH");
	for (const char *entry = front->search; entry && *entry; entry = *end ? end + 1 : end) {
		end = entry + strcspn(entry, ":");
		size_t length = (size_t)(end - entry);

		if (*entry != '/' || length < strlen(name) || length >= PATH_MAX ||
		    strncmp(end - strlen(name), name, strlen(name)) != 0)
			continue;
		(void)snprintf(front->directory, PATH_MAX, "%.*s", (int)length, entry);
		(void)snprintf(front->known, sizeof(front->known), "%s/known", front->directory);
		(void)snprintf(front->learned, sizeof(front->learned), "%s/learned",
			       front->directory);
		return true;
	}
	return false;
}

static bool write_all(const char *text, size_t length)
{
	while (length) {
		ssize_t written = write(STDOUT_FILENO, text, length);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	return true;
}

/* Prints like the shell's echo. */
static void __attribute__((noreturn)) say(const struct span *text)
{
	_exit(write_all(text->text, text->length) && write_all("\n", 1) ? 0 : 2);
}

static void say_answer(const struct question *question, const char *answer)
{
	const struct span whole = {answer, strlen(answer)};

	if (!question->is_try_run)
		say(&whole);
	say(*answer == '0' ? &question->try_run.success : &question->try_run.failure);
}

/* Passes on what is said until nobody is left to say anything. */
static void listen(int fd, struct notes *notes)
{
	char chunk[4096];
	ssize_t got;

	for (;;) {
		got = read(fd, chunk, sizeof(chunk));
		if (got == 0 || (got < 0 && errno != EINTR))
			return;
		if (got < 0)
			continue;
		if ((size_t)got > sizeof(notes->text) - notes->length ||
		    !write_all(chunk, (size_t)got))
			notes->overflowed = true;
		if (notes->overflowed)
			continue;
		memcpy(notes->text + notes->length, chunk, (size_t)got);
		notes->length += (size_t)got;
	}
}

/* Starts the shell with its stdout on a pipe. Returns its process, or -1 if nothing was started. */
static pid_t start(char *const argv[], int *ret_fd)
{
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid = -1;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if (posix_spawn_file_actions_init(&actions) == 0) {
		if (posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0 ||
		    posix_spawn(&pid, FRONT_REAL_SHELL, &actions, NULL, argv, environ) != 0)
			pid = -1;
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(ends[1]);
	*ret_fd = ends[0];
	return pid;
}

/*
 * Keeps an answer that came about as it should. A try-run must succeed, since failure has many
 * reasons. Others must print a line, since programs that could not run say nothing.
 */
static void remember(const struct front *front, const struct question *question,
		     struct notes *notes)
{
	const struct span *success = &question->try_run.success;
	size_t length = notes->length - 1;

	if (notes->overflowed || notes->length < 2 || notes->text[length] != '\n')
		return;
	notes->text[length] = '\0';
	if (!question->is_try_run)
		memory_add(front->learned, &question->key, notes->text);
	else if (length == success->length && memcmp(notes->text, success->text, length) == 0 &&
		 (length != question->try_run.failure.length ||
		  memcmp(notes->text, question->try_run.failure.text, length) != 0))
		memory_add(front->learned, &question->key, "0");
}

static void learn(const struct front *front, const struct question *question, char *const argv[])
{
	struct notes notes = {.length = 0};
	int fd, status = -1;
	pid_t pid = start(argv, &fd);

	if (pid < 0)
		return;
	listen(fd, &notes);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			_exit(NOT_STARTED);
	if (WIFSIGNALED(status)) {
		(void)signal(WTERMSIG(status), SIG_DFL);
		(void)raise(WTERMSIG(status));
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		remember(front, question, &notes);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : NOT_STARTED);
}

static void answer(char *const argv[])
{
	struct question question;
	memory_answer known;
	struct front front;
	bool remembers, succeeds;

	if (!find_front(&front) ||
	    !question_read(argv[2], front.search, front.directory, &question))
		return;
	if (memory_find(front.known, &question.key, known) ||
	    memory_find(front.learned, &question.key, known))
		say_answer(&question, known);
	remembers = access(front.known, R_OK) == 0;
	if (question.is_probe && try_probe(&question, remembers ? front.learned : NULL, &succeeds))
		say(succeeds ? &question.try_run.success : &question.try_run.failure);
	if (!question.is_probe && access(front.learned, W_OK) == 0)
		learn(&front, &question, argv);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "-c") == 0)
		answer(argv);
	(void)execv(FRONT_REAL_SHELL, argv);
	(void)fprintf(stderr, "%s: %s\n", FRONT_REAL_SHELL, strerror(errno));
	return NOT_STARTED;
}
