/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generated configuration files, evaluated in process and by bash, and compared.
 *
 * Usage: differ ORACLE COUNT FIRST_SEED [DIRECTORY]
 * ORACLE is batch.bash. Prints what was generated, how much of it was evaluated in process, and
 * every difference (also kept in DIRECTORY); TAP.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/map.h"
#include "base/process.h"
#include "base/strv.h"
#include "conf/evaluator.h"
#include "generate.h"

enum { BATCH = 1000, SHOWN = 20, ORACLE_LIMIT = 256 * 1024 * 1024 };

static const char *const names[] = {GENERATED_NAMES, NULL};
static const struct conf_variable variables[] = {
	{"kernelver", "6.1.0-55-amd64"}, {"arch", "x86_64"}, {"module", ""}};

struct tally {
	unsigned long cases, builtin, bash, wrong, differences;
	struct strmap reasons; /* reason → count as a pointer */
};

static void die(const char *what, struct error *error)
{
	printf("Bail out! %s%s%s\n", what, error ? ": " : "", error ? error->message : "");
	exit(1);
}

/* NAME[i]=value, each followed by a NUL. */
static void describe(const struct conf_values *values, struct buffer *text)
{
	for (const char *const *name = names; *name; name++) {
		const struct conf_array *array = conf_values_array(values, *name);

		for (size_t i = 0; array && i < array->count; i++) {
			buffer_add_format(text, "%s[%ld]=%s", *name, array->values[i].index,
					  array->values[i].text);
			buffer_add_char(text, '\0');
		}
	}
}

static void add_reason(struct tally *tally, const char *reason)
{
	const char *colon = strstr(reason, ": ");
	const char *key = colon ? colon + 2 : reason;
	size_t count = (size_t)strmap_get(&tally->reasons, key);

	(void)strmap_set(&tally->reasons, key, (void *)(count + 1));
}

/* False if bash is needed for it. */
static bool evaluate(const char *file, const char *conf, struct tally *tally, struct buffer *result)
{
	cleanup(conf_values_free) struct conf_values values = {0};
	cleanup(buffer_free) struct buffer messages = {0};
	cleanup(strv_free) struct strv files = {0}, texts = {0};
	cleanup(free_string) char *reason = NULL;

	strv_add(&files, file);
	strv_add(&texts, conf);
	struct evaluate_input input = {
		.files = &files,
		.variables = variables,
		.variable_count = sizeof(variables) / sizeof(*variables),
		.names = names,
	};
	enum evaluator_result done = builtin_evaluate(&input, &texts, &values, &messages, &reason);

	if (done != EVALUATOR_DONE) {
		tally->wrong += done == EVALUATOR_WRONG;
		add_reason(tally, reason);
		return false;
	}
	describe(&values, result);
	return true;
}

static void show(const char *title, const char *data, size_t length)
{
	printf("# %s:\n#   ", title);
	for (size_t i = 0; i < length; i++) {
		if (data[i] == '\0' || data[i] == '\n')
			printf("%s\n#   ", data[i] ? "" : "\\0");
		else
			putchar(data[i] == '\r' ? '~' : data[i]);
	}
	putchar('\n');
}

static void differ(struct tally *tally, uint64_t seed, const struct buffer *conf,
		   const struct buffer *ours, const char *theirs, size_t length)
{
	if (tally->differences++ >= SHOWN)
		return;
	printf("# difference, seed %llu\n", (unsigned long long)seed);
	show("file", conf->data, conf->length);
	show("in process", ours->data ? ours->data : "", ours->length);
	show("bash", theirs, length);
}

/* What bash makes of a batch, one after the other. */
struct oracle {
	const char *script, *directory;
	size_t first, end; /* of the present process */
	char *output;
	size_t length, position;
};

static void start_oracle(struct oracle *oracle)
{
	cleanup(strv_free) struct strv argv = {0};
	struct error error = {0};
	int status;

	strv_add(&argv, "bash");
	strv_add(&argv, oracle->script);
	strv_add(&argv, oracle->directory);
	strv_add_format(&argv, "%zu", oracle->first);
	strv_add_format(&argv, "%zu", oracle->end);
	for (const char *const *name = names; *name; name++)
		strv_add(&argv, *name);
	struct process process = {
		.argv = strv_argv(&argv), .stderr_fd = -1, .timeout_seconds = 300};

	free(oracle->output);
	oracle->output = NULL;
	oracle->position = 0;
	if (process_capture(&process, ORACLE_LIMIT, &oracle->output, &oracle->length, &status,
			    &error) < 0)
		die("the oracle does not run", &error);
}

/* The NUL-terminated fields of the next case, up to an empty one; NULL if bash died of it. */
static const char *next_answer(struct oracle *oracle, size_t *ret_length)
{
	if (!oracle->output)
		start_oracle(oracle);
	const char *start = oracle->output + oracle->position;

	while (oracle->position < oracle->length && oracle->output[oracle->position])
		oracle->position += strlen(oracle->output + oracle->position) + 1;
	oracle->first++;
	*ret_length = (size_t)(oracle->output + oracle->position - start);
	if (oracle->position++ < oracle->length)
		return start;
	free(oracle->output); /* the next one starts anew */
	oracle->output = NULL;
	return NULL;
}

static void write_cases(const char *directory, struct buffer *confs, size_t count, uint64_t seed)
{
	for (size_t i = 0; i < count; i++) {
		cleanup(free_string) char *path = text_format("%s/%zu.conf", directory, i);
		cleanup(close_fd) int fd = -1;

		generate_conf(seed + i, &confs[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0 || file_write_all(fd, confs[i].data, confs[i].length) < 0)
			die("cannot write a case", NULL);
	}
}

static bool same(const struct buffer *ours, const char *theirs, size_t length)
{
	return theirs && ours->length == length &&
	       (!length || memcmp(ours->data, theirs, length) == 0);
}

/*
 * A difference counts if a bash of its own confirms it: after some syntax errors bash misreads
 * the files that follow in the same process.
 */
static void confirm(const struct oracle *oracle, size_t number, uint64_t seed,
		    const struct buffer *conf, const struct buffer *result, struct tally *tally)
{
	struct oracle alone = {.script = oracle->script,
			       .directory = oracle->directory,
			       .first = number,
			       .end = number + 1};
	size_t length;
	const char *answer = next_answer(&alone, &length);

	if (!same(result, answer, length))
		differ(tally, seed, conf, result, answer ? answer : "(died)", answer ? length : 6);
	free(alone.output);
}

/* One case: ours and theirs. */
static void compare(struct oracle *oracle, size_t number, uint64_t seed, const struct buffer *conf,
		    struct tally *tally)
{
	cleanup(free_string) char *path = text_format("%s/%zu.conf", oracle->directory, number);
	cleanup(buffer_free) struct buffer result = {0};
	size_t length;
	const char *answer = next_answer(oracle, &length);

	tally->cases++;
	if (!evaluate(path, conf->data, tally, &result)) {
		tally->bash++;
		return;
	}
	tally->builtin++;
	if (!same(&result, answer, length))
		confirm(oracle, number, seed, conf, &result, tally);
}

static void run_batch(const char *script, const char *directory, size_t count, uint64_t seed,
		      struct tally *tally)
{
	struct oracle oracle = {.script = script, .directory = directory, .end = count};
	static struct buffer confs[BATCH];

	write_cases(directory, confs, count, seed);
	for (size_t i = 0; i < count; i++) {
		compare(&oracle, i, seed + i, &confs[i], tally);
		buffer_free(&confs[i]);
	}
	free(oracle.output);
}

/* A directory with files for the patterns to find; the working directory from then on. */
static void make_playground(const char *directory)
{
	static const char *const files[] = {"a.c", "b.c", "ab", "x1", "foo", "dir/one", "dir/two"};

	if (chdir(directory) < 0 || (mkdir("dir", 0700) < 0 && !file_is_directory("dir")))
		die("cannot make a directory", NULL);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int fd = open(files[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0 || close(fd) < 0)
			die("cannot make a file", NULL);
	}
}

int main(int argc, char **argv)
{
	struct tally tally = {0};
	char directory[] = "/tmp/dkms-conf-XXXXXX";
	char cases[] = "/tmp/dkms-cases-XXXXXX";

	if (argc < 4) {
		printf("Bail out! usage: differ ORACLE COUNT FIRST_SEED\n");
		return 2;
	}
	unsigned long total = strtoul(argv[2], NULL, 10);
	uint64_t seed = strtoull(argv[3], NULL, 10);
	cleanup(free_string) char *oracle = realpath(argv[1], NULL);

	if (!oracle || !mkdtemp(directory) || !mkdtemp(cases))
		die("no oracle or no temporary directory", NULL);
	make_playground(directory);
	for (unsigned long done = 0; done < total; done += BATCH)
		run_batch(oracle, cases, total - done < BATCH ? total - done : BATCH, seed + done,
			  &tally);
	generate_print_counts("# generated ");
	STRMAP_FOREACH (entry, &tally.reasons)
		printf("# left to bash: %-50s %zu\n", entry->key, (size_t)entry->value);
	printf("# %lu files: %lu in process, %lu left to bash (%lu of them taken for wrong), "
	       "%lu differences\n",
	       tally.cases, tally.builtin, tally.bash, tally.wrong, tally.differences);
	printf("1..1\n%s 1 - generated files mean the same in process and to bash\n",
	       tally.differences || tally.builtin * 2 < tally.cases ? "not ok" : "ok");
	strmap_free(&tally.reasons, NULL);
	return tally.differences != 0;
}
