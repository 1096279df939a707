/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/patterns.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "cage/worker.h"

enum { SECONDS = 5, MEMORY = 256 << 20, MESSAGE_LIMIT = 1000 };

void patterns_add(struct pattern_questions *questions, const char *directive, const char *pattern,
		  const char *text)
{
	if (text_empty(pattern))
		return;
	*ARRAY_ADD(questions->items, questions->count) = (struct pattern_question){
		.directive = xstrdup(directive),
		.pattern = xstrdup(pattern),
		.text = xstrdup(text),
	};
}

/*
 * Matches a POSIX extended regular expression as bash's =~ does: unanchored, case matters. -EINVAL
 * with the pattern and the reason for a malformed pattern.
 */
static int regex_matches(const char *pattern, const char *text, bool *ret_matches,
			 struct error *error)
{
	regex_t compiled;
	int code = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);

	if (code) {
		char reason[128];

		(void)regerror(code, &compiled, reason, sizeof(reason));
		return error_set(error, -EINVAL, 0, "Bad regular expression \"%s\": %s", pattern,
				 reason);
	}
	*ret_matches = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return 0;
}

/* In the worker. */
static int match_all(void *context, struct answer *answer, struct error *error)
{
	const struct pattern_questions *questions = context;

	(void)error;
	for (size_t i = 0; i < questions->count; i++) {
		cleanup(error_clear) struct error malformed = {0};
		bool matches = false;

		(void)regex_matches(questions->items[i].pattern, questions->items[i].text, &matches,
				    &malformed);
		answer_put_number(answer, matches);
		answer_put_text(answer, malformed.message);
	}
	return 0;
}

static int take_answers(struct pattern_questions *questions, struct answer *answer)
{
	for (size_t i = 0; i < questions->count; i++) {
		uint64_t matches;

		if (answer_number(answer, &matches) < 0 || matches > 1 ||
		    answer_text(answer, &questions->items[i].malformed, MESSAGE_LIMIT) < 0)
			return -EPROTO;
		questions->items[i].matches = matches;
	}
	return answer_end(answer);
}

int patterns_answer(struct pattern_questions *questions, struct error *error)
{
	cleanup(free_string) char *purpose = text_format("matching the patterns of %s",
							 questions->owner);
	cleanup(answer_free) struct answer answer = {0};
	const struct worker worker = {
		.purpose = purpose,
		.work = match_all,
		.context = questions,
		.seconds = SECONDS,
		.memory = MEMORY,
	};

	if (!questions->count)
		return 0;
	if (worker_run(&worker, &answer, error) < 0)
		return error_set_status(error, EXIT_BAD_CONF);
	if (take_answers(questions, &answer) < 0) {
		(void)worker_nonsense(&worker, error);
		return error_set_status(error, EXIT_BAD_CONF);
	}
	return 0;
}

const struct pattern_question *patterns_find(const struct pattern_questions *questions,
					     const char *directive, const char *pattern)
{
	for (size_t i = 0; i < questions->count; i++)
		if (text_equal(questions->items[i].directive, directive) &&
		    text_equal(questions->items[i].pattern, pattern))
			return &questions->items[i];
	return NULL;
}

void patterns_free(struct pattern_questions *questions)
{
	for (size_t i = 0; i < questions->count; i++) {
		free(questions->items[i].directive);
		free(questions->items[i].pattern);
		free(questions->items[i].text);
		free(questions->items[i].malformed);
	}
	free(questions->items);
	*questions = (struct pattern_questions){0};
}
