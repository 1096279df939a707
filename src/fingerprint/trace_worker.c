/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fingerprint/trace_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "cage/worker.h"

enum { REASON_MAX = 1024, SECONDS = 30 };

#define ANSWER_MAX ((size_t)32 << 20)

/* The worker's input. */
struct task {
	const struct trace_request *request;
	int directory;
};

static void put_reason(struct answer *answer, const char *reason)
{
	cleanup(free_string) char *shown = reason ? text_printable(reason, REASON_MAX) : NULL;

	answer_put_text(answer, shown);
}

static void put_trace(struct answer *answer, const struct build_trace *trace)
{
	put_reason(answer, trace->probing);
	put_reason(answer, trace->unfit);
	answer_put_number(answer, trace->headers.count);
	STRMAP_FOREACH (header, &trace->headers) {
		answer_put_text(answer, header->key);
		answer_put_text(answer, header->value);
	}
}

/* In the worker, which has neither root's memo of digests nor anything to tell it. */
static int gather(void *context, struct answer *answer, struct error *error)
{
	const struct task *task = context;
	cleanup(memo_free) struct digest_memo memo = {0};
	cleanup(build_trace_free) struct build_trace trace = {0};
	struct headers headers = *task->request->headers;
	struct trace_request request = *task->request;

	headers.memo = &memo;
	request.headers = &headers;
	if (fchdir(task->directory) < 0)
		return error_errno(error, -errno, 0, "Cannot enter %s", request.build);
	if (trace_gather(&request, &trace, error) < 0)
		return error->code;
	put_trace(answer, &trace);
	return 0;
}

static bool is_digest(const char *text)
{
	return strlen(text) == DIGEST_LENGTH && strspn(text, "0123456789abcdef") == DIGEST_LENGTH;
}

/* The digest of a header in the kernel's trees, which are root's own. */
static void look_up(const struct trace_request *request, const char *name,
		    struct build_trace *trace)
{
	cleanup(error_clear) struct error error = {0};
	const char *digest;

	if (headers_digest(request->headers, name, &digest, &error) < 0) {
		trace_set_reason(&trace->unfit, TAKE(error.message));
	} else {
		free(strmap_set(&trace->headers, name, xstrdup(digest)));
	}
}

static int take_header(const struct trace_request *request, struct answer *answer,
		       struct build_trace *trace)
{
	cleanup(free_string) char *name = NULL;
	cleanup(free_string) char *digest = NULL;

	if (answer_text(answer, &name, PATH_MAX) < 0 ||
	    answer_text(answer, &digest, DIGEST_LENGTH) < 0 || !name || !digest)
		return -EPROTO;
	switch (trace_place_of(name)) {
	case TRACE_KERNEL:
		if (*digest)
			return -EPROTO;
		look_up(request, name, trace);
		return 0;
	case TRACE_SYSTEM:
		if (!is_digest(digest))
			return -EPROTO;
		free(strmap_set(&trace->headers, name, TAKE(digest)));
		return 0;
	default:
		return -EPROTO;
	}
}

static int take_trace(const struct trace_request *request, struct answer *answer,
		      struct build_trace *trace)
{
	uint64_t count;

	if (answer_text(answer, &trace->probing, REASON_MAX) < 0 ||
	    answer_text(answer, &trace->unfit, REASON_MAX) < 0 ||
	    answer_number(answer, &count) < 0 || count > TRACE_HEADERS_MAX)
		return -EPROTO;
	for (uint64_t i = 0; i < count; i++)
		if (take_header(request, answer, trace) < 0)
			return -EPROTO;
	return answer_end(answer);
}

static int ask(const struct trace_request *request, int directory, struct build_trace *trace,
	       struct error *error)
{
	cleanup(free_string) char *purpose = text_format("reading what the build in %s read",
							 request->shown_build);
	struct task task = {request, directory};
	const struct worker worker = {
		.purpose = purpose,
		.work = gather,
		.context = &task,
		.fds = &directory,
		.fd_count = 1,
		.id = request->id,
		.opens_files = true,
		.seconds = SECONDS,
		.answer_limit = ANSWER_MAX,
	};
	cleanup(answer_free) struct answer answer = {0};

	if (worker_run(&worker, &answer, error) < 0)
		return error->code;
	return take_trace(request, &answer, trace) < 0 ? worker_nonsense(&worker, error) : 0;
}

int build_trace_read(const struct trace_request *request, struct build_trace *ret_trace,
		     struct error *error)
{
	cleanup(close_fd) int directory = open(request->build,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup(build_trace_free) struct build_trace trace = {0};
	cleanup(error_clear) struct error problem = {0};

	if (directory < 0)
		return error_errno(error, -errno, 0, "Cannot read %s", request->build);
	int code = ask(request, directory, &trace, &problem);

	if (code == -EINTR) {
		*error = problem;
		return code;
	}
	if (code < 0) {
		build_trace_free(&trace);
		trace.unfit = TAKE(problem.message);
	}
	*ret_trace = trace;
	trace = (struct build_trace){0};
	return 0;
}
