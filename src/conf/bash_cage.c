/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/bash_cage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

int bash_cage_refuse(const char *why, struct error *error)
{
	(void)error_set(error, -EPERM, EXIT_BAD_CONF,
			"A dkms.conf that needs bash cannot be isolated from the system (%s), and "
			"build_sandbox=\"require\" forbids to evaluate it without.",
			why);
	return error_hint(error, "Allow namespaces here, or set build_sandbox=\"yes\".");
}

/* The directories that the files are in, and the one that dkms is in, which patterns look at. */
static void add_visible(const struct evaluate_input *input, struct strv *visible)
{
	const char *search = getenv("PATH");
	char *here = getcwd(NULL, 0);
	const char *file;

	strv_add_all(visible, &input->cage->visible);
	strv_split(visible, search ? search : "", ":");
	STRV_FOREACH (file, input->files) {
		cleanup(free_string) char *parent = path_parent(file);
		char *real = realpath(parent, NULL);

		if (file[0] == '/')
			strv_add(visible, parent);
		if (real)
			strv_add_owned(visible, real);
	}
	if (here)
		strv_add_owned(visible, here);
}

int bash_cage_open(const struct evaluate_input *input, struct cage **ret_cage, struct error *error)
{
	cleanup(free_string) char *refusal = NULL;
	struct cage *cage;

	if (!input->cage || geteuid() != 0) {
		*ret_cage = NULL;
		return 0;
	}
	struct cage_request request = {
		.strictest = CAGE_FULL,
		.temporary = input->cage->temporary,
		.secrets = input->cage->secrets,
	};

	add_visible(input, &request.visible);
	cage_open(&request, &cage, &refusal);
	strv_free(&request.visible);
	if (cage->kind == CAGE_NONE) {
		cage_close(cage);
		if (input->cage->required)
			return bash_cage_refuse(refusal, error);
		cage = NULL;
	}
	*ret_cage = cage;
	return 0;
}

/* What the processes between dkms and bash go by. */
struct caged {
	const struct cage *cage;
	const struct evaluate_input *input;
	const struct process *process;
	int dump_fd;
	int closed_fd; /* close-on-exec: nothing that bash runs can write to it */
};

/* In the cage, instead of bash's start where a file cannot be read. */
static int check_files(void *context)
{
	const struct caged *caged = context;
	const struct process *process = caged->process;
	const char *file;

	STRV_FOREACH (file, caged->input->files) {
		if (access(file, R_OK) == 0)
			continue;
		(void)file_write_all(caged->closed_fd, "", 1);
		return 1;
	}
	return process->prepare ? process->prepare(process->prepare_context) : 0;
}

/* The child that process_capture() watches stays outside, and bash goes when it does. */
static int run_inside(void *context)
{
	struct caged *caged = context;
	const int keep[2] = {caged->dump_fd, -1};
	char *here = getcwd(NULL, 0);
	struct process process = *caged->process;
	struct error error = {0};
	int status = 127, code;

	process.directory = here;
	process.prepare = check_files;
	process.prepare_context = caged;
	process.timeout_seconds = 0;
	code = cage_run(caged->cage, &process, keep, &status, &error);
	if (code < 0 && code != -EINTR) /* bash was not started */
		(void)file_write_all(caged->closed_fd, "", 1);
	_exit(status);
}

int bash_cage_capture(const struct cage *cage, const struct evaluate_input *input,
		      const struct process *process, int dump_fd, size_t limit, char **ret_output,
		      bool *ret_closed, struct error *error)
{
	struct process outer = *process;
	struct caged caged = {cage, input, process, dump_fd, -1};
	int closed[2], status;
	char byte;

	if (pipe2(closed, O_CLOEXEC) < 0)
		return error_errno(error, -errno, 0, "Cannot make a pipe");
	caged.closed_fd = closed[1];
	outer.prepare = run_inside;
	outer.prepare_context = &caged;
	int code = process_capture(&outer, limit, ret_output, NULL, &status, error);

	(void)close(closed[1]);
	if (!code)
		*ret_closed = read(closed[0], &byte, 1) == 1;
	(void)close(closed[0]);
	return code;
}
