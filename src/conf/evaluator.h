/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both passes over all files in this process. */
#pragma once

#include "base/text.h"
#include "conf/evaluate.h"

enum evaluator_result {
	EVALUATOR_DONE,
	EVALUATOR_NEEDS_BASH, /* for reason */
	EVALUATOR_WRONG,      /* no shell can read the file, says reason; bash takes what it can */
	EVALUATOR_ENDLESS,    /* too many operations or too much memory, says reason */
};

/*
 * texts are the contents of input->files. What the files print to stderr goes to messages. reason
 * ("FILE:LINE: …") is set unless done, owned by the caller.
 */
enum evaluator_result builtin_evaluate(const struct evaluate_input *input, const struct strv *texts,
				       struct conf_values *ret, struct buffer *messages,
				       char **ret_reason);
