/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkms graph: which modules need which others. Graphviz lays it out, where it is installed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/actions.h"
#include "cli/pictures.h"
#include "inspect/graph.h"

/* dot(1) reads the graph from a file without a name. */
static int open_text(const char *text, struct error *error)
{
	FILE *file = tmpfile();
	int fd;

	if (!file)
		return error_errno(error, -errno, 0, "Cannot make a temporary file");
	if (fputs(text, file) == EOF || fflush(file) == EOF ||
	    lseek(fileno(file), 0, SEEK_SET) < 0 ||
	    (fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3)) < 0) {
		int code = -errno;

		(void)fclose(file);
		return error_errno(error, code, 0, "Cannot write a temporary file");
	}
	return fclose(file) == EOF ? error_errno(error, -errno, 0, "Cannot close a temporary file")
				   : fd;
}

int graph_picture(const char *text, char **ret_picture, size_t *ret_length, struct error *error)
{
	enum { LIMIT = 64 << 20, SECONDS = 60 };
	const char *const argv[] = {"dot", "-Tsvg", NULL};
	cleanup(close_fd) int input = open_text(text, error);
	cleanup(free_string) char *picture = NULL;
	size_t length = 0;
	int status = 0;

	if (input < 0)
		return error->code;
	const struct process process = {
		.argv = (char *const *)argv, .stdin_fd = input, .timeout_seconds = SECONDS};

	if (process_capture(&process, LIMIT, &picture, &length, &status, error) < 0)
		return error_hint(error, "dot of Graphviz draws it. `dkms graph` alone prints what "
					 "is to be drawn.");
	if (status)
		return error_set(error, -ECHILD, 0, "dot ended with status %d.", status);
	*ret_picture = TAKE(picture);
	*ret_length = length;
	return 0;
}

static int draw(const struct invocation *invocation, const char *text, struct error *error)
{
	cleanup(free_string) char *picture = NULL;
	size_t length = 0;

	if (graph_picture(text, &picture, &length, error) < 0 ||
	    file_write(invocation->options->svg, picture, length, 0644, error) < 0)
		return error->code;
	report(&invocation->ui->reporter, REPORT_LINE, "%s shows the modules.",
	       invocation->options->svg);
	return 0;
}

int action_graph(struct invocation *invocation, int *ret_status, struct error *error)
{
	const struct status_filter filter = {
		.id = &invocation->id,
		.kernels = &invocation->kernels,
		.arches = &invocation->options->arches,
	};
	cleanup(free_string) char *text = NULL;

	if (invocation_require_known(invocation, error) < 0 ||
	    graph_dot(&invocation->settings, invocation->distro, &filter, &text, error) < 0)
		return error->code;
	*ret_status = 0;
	if (invocation->options->svg)
		return draw(invocation, text, error);
	report_text(&invocation->ui->reporter, REPORT_OUTPUT, text);
	return 0;
}
