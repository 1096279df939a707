/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [[ ]] and test, also called [. */
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "conf/command.h"
#include "conf/pattern.h"

enum { TRUE_STATUS = 0, FALSE_STATUS = 1, WRONG_STATUS = 2 };

static int status_of(bool truth)
{
	return truth ? TRUE_STATUS : FALSE_STATUS;
}

static bool test_mode(const char *path, char operator)
{
	struct stat info;

	if (operator== 'h' || operator== 'L')
		return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
	if (stat(path, &info) < 0)
		return false;
	switch (operator) {
	case 'f':
		return S_ISREG(info.st_mode);
	case 'd':
		return S_ISDIR(info.st_mode);
	case 'b':
		return S_ISBLK(info.st_mode);
	case 'c':
		return S_ISCHR(info.st_mode);
	case 'p':
		return S_ISFIFO(info.st_mode);
	case 'S':
		return S_ISSOCK(info.st_mode);
	case 's':
		return info.st_size > 0;
	default:
		return true; /* -e, -a */
	}
}

static bool test_unary(const char *operator, const char * text)
{
	switch (operator[1]) {
	case 'n':
		return *text;
	case 'z':
		return !*text;
	case 'r':
		return eaccess(text, R_OK) == 0;
	case 'w':
		return eaccess(text, W_OK) == 0;
	case 'x':
		return eaccess(text, X_OK) == 0;
	default:
		return test_mode(text, operator[1]);
	}
}

static bool compare_numbers(const char *operator, int64_t a, int64_t b)
{
	if (text_equal(operator, "-eq"))
		return a == b;
	if (text_equal(operator, "-ne"))
		return a != b;
	if (text_equal(operator, "-lt"))
		return a < b;
	if (text_equal(operator, "-le"))
		return a <= b;
	if (text_equal(operator, "-gt"))
		return a > b;
	return a >= b;
}

static bool is_numeric(const char *operator)
{
	static const char *const operators[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (text_equal(operator, operators[i]))
			return true;
	return false;
}

static int64_t nanoseconds(const struct stat *info)
{
	return (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
}

/* -nt, -ot, -ef: one that is not there is older. */
static bool compare_files(const char *operator, const char * a, const char *b)
{
	struct stat first, second;
	bool is_first = stat(a, &first) == 0, is_second = stat(b, &second) == 0;

	if (text_equal(operator, "-ef"))
		return is_first && is_second && first.st_dev == second.st_dev &&
		       first.st_ino == second.st_ino;
	if (!is_first || !is_second)
		return text_equal(operator, "-nt") ? is_first && !is_second
						   : !is_first && is_second;
	return text_equal(operator, "-nt") ? nanoseconds(&first) > nanoseconds(&second)
					   : nanoseconds(&first) < nanoseconds(&second);
}

static bool is_file_comparison(const char *operator)
{
	return text_equal(operator, "-nt") || text_equal(operator, "-ot") ||
	       text_equal(operator, "-ef");
}

/* test's integers: blanks around are fine, an expression is not. */
static bool parse_integer(struct shell *shell, const char *text, int64_t *ret_value)
{
	char *end;

	errno = 0;
	*ret_value = strtoimax(text, &end, 10);
	if (end != text && errno == 0)
		while (*end == ' ' || *end == '\t')
			end++;
	if (end != text && !*end && errno == 0)
		return true;
	command_message(shell, "[: %s: integer expression expected", text);
	return false;
}

static int test_binary(struct shell *shell, const char *left, const char *operator,
		       const char * right)
{
	int64_t a, b;

	if (text_equal(operator, "=") || text_equal(operator, "=="))
		return status_of(text_equal(left, right));
	if (text_equal(operator, "!="))
		return status_of(!text_equal(left, right));
	if (text_equal(operator, "<") || text_equal(operator, ">")) {
		if (!shell_has_plain_order())
			(void)shell_give_up(shell, "the order of texts in this locale");
		return status_of(*operator== '<' ? strcmp(left, right) < 0
						 : strcmp(left, right) > 0);
	}
	if (is_file_comparison(operator))
		return status_of(compare_files(operator, left, right));
	if (!parse_integer(shell, left, &a) || !parse_integer(shell, right, &b))
		return WRONG_STATUS;
	return status_of(compare_numbers(operator, a, b));
}

static bool is_binary(const char *operator)
{
	return text_equal(operator, "=") || text_equal(operator, "==") ||
	       text_equal(operator, "!=") || text_equal(operator, "<") ||
	       text_equal(operator, ">") || is_numeric(operator) || is_file_comparison(operator);
}

static bool is_unary(const char *operator)
{
	return operator[0] == '-' && operator[1] && !operator[2] &&
		strchr("efdrwxshLnzbcpS", operator[1]);
}

static int wrong_test(struct shell *shell)
{
	(void)shell_give_up(shell, "this use of test");
	return WRONG_STATUS;
}

static int negated(int status)
{
	return status == WRONG_STATUS ? status : !status;
}

static int test_two(struct shell *shell, char *const *arguments)
{
	if (text_equal(arguments[0], "!"))
		return status_of(!*arguments[1]);
	if (is_unary(arguments[0]))
		return status_of(test_unary(arguments[0], arguments[1]));
	if (arguments[0][0] == '-' && arguments[0][1] && !arguments[0][2])
		return wrong_test(shell);
	command_message(shell, "[: %s: unary operator expected", arguments[0]);
	return WRONG_STATUS;
}

static int test_three(struct shell *shell, char *const *arguments)
{
	if (is_binary(arguments[1]))
		return test_binary(shell, arguments[0], arguments[1], arguments[2]);
	if (text_equal(arguments[1], "-a"))
		return status_of(*arguments[0] && *arguments[2]);
	if (text_equal(arguments[1], "-o"))
		return status_of(*arguments[0] || *arguments[2]);
	if (text_equal(arguments[0], "!"))
		return negated(test_two(shell, arguments + 1));
	if (text_equal(arguments[0], "(") && text_equal(arguments[2], ")"))
		return status_of(*arguments[1]);
	command_message(shell, "[: %s: binary operator expected", arguments[1]);
	return WRONG_STATUS;
}

/*
 * More than four arguments: only comparisons joined by -a or only by -o, as bash's precedence then
 * does not matter.
 */
static int test_many(struct shell *shell, char *const *arguments, size_t count)
{
	const char *joint = NULL;
	int status = -1;

	for (size_t i = 0; i < count;) {
		size_t length = i + 2 < count && is_binary(arguments[i + 1]) ? 3
				: is_unary(arguments[i])                     ? 2
									     : 0;

		if (!length || i + length > count || text_equal(arguments[i], "!") ||
		    text_equal(arguments[i], "("))
			return wrong_test(shell);
		int one = length == 3 ? test_three(shell, arguments + i)
				      : test_two(shell, arguments + i);

		if (one == WRONG_STATUS) /* ends it, message and all */
			return one;
		status = status < 0 ? one : text_equal(joint, "-a") ? status || one : status && one;
		i += length;
		if (i == count)
			return status;
		if (joint && !text_equal(joint, arguments[i]))
			return wrong_test(shell);
		joint = arguments[i++];
		if (!text_equal(joint, "-a") && !text_equal(joint, "-o"))
			return wrong_test(shell);
	}
	return wrong_test(shell);
}

int evaluate_test(struct shell *shell, char *const *arguments, size_t count)
{
	switch (count) {
	case 0:
		return FALSE_STATUS;
	case 1:
		return status_of(*arguments[0]);
	case 2:
		return test_two(shell, arguments);
	case 3:
		return test_three(shell, arguments);
	case 4:
		if (text_equal(arguments[0], "!"))
			return negated(test_three(shell, arguments + 1));
		return wrong_test(shell);
	default:
		return test_many(shell, arguments, count);
	}
}

static int match_pattern(struct shell *shell, const char *text, const struct word *word, bool equal)
{
	cleanup(free_string) char *pattern = expand_pattern(shell, word);
	enum pattern_result result = pattern_match(pattern, text, strlen(text));

	if (result == PATTERN_UNSURE || !shell_is_plain_text(pattern) || !shell_is_plain_text(text))
		(void)shell_give_up(shell, "this pattern");
	return status_of((result == PATTERN_YES) == equal);
}

/* BASH_REMATCH: the whole match and its groups. */
static void set_matches(struct shell *shell, const char *text, const regmatch_t *matches,
			size_t count)
{
	variable_unset(&shell->variables, "BASH_REMATCH");
	for (size_t i = 0; i < count; i++) {
		regoff_t start = matches[i].rm_so;
		cleanup(free_string) char *part =
			start < 0 ? xstrdup("")
				  : xstrndup(text + start, (size_t)(matches[i].rm_eo - start));

		variable_set(&shell->variables, "BASH_REMATCH", (long)i, part);
	}
}

static int match_regex(struct shell *shell, const char *text, const struct word *word)
{
	enum { MATCHES = 32 };
	cleanup(free_string) char *pattern = expand_regex(shell, word);
	regmatch_t matches[MATCHES];
	regex_t regex;

	if (!*pattern || strlen(pattern) > 1000 || strchr(pattern, '{') ||
	    !shell_is_plain_text(pattern) || !shell_is_plain_text(text))
		(void)shell_give_up(shell, "this regular expression");
	if (shell_stopped(shell))
		return WRONG_STATUS;
	if (regcomp(&regex, pattern, REG_EXTENDED) != 0) {
		(void)shell_give_up(shell, "this regular expression");
		return WRONG_STATUS;
	}
	size_t groups = regex.re_nsub + 1;
	int code = groups > MATCHES ? REG_ESPACE : regexec(&regex, text, groups, matches, 0);

	regfree(&regex);
	if (code != 0 && code != REG_NOMATCH)
		(void)shell_give_up(shell, "this regular expression");
	set_matches(shell, text, matches, code == 0 ? groups : 0);
	return status_of(code == 0);
}

static int compare_expressions(struct shell *shell, const char *operator, const char * left,
			       const char *right)
{
	int64_t a = 0, b = 0;

	if (!evaluate_arithmetic(shell, left, &a) || !evaluate_arithmetic(shell, right, &b))
		return WRONG_STATUS;
	return status_of(compare_numbers(operator, a, b));
}

static int evaluate_binary(struct shell *shell, const struct condition *condition)
{
	const char *operator= condition->operator;
	cleanup(free_string) char *left = expand_text(shell, condition->left);

	if (text_equal(operator, "==") || text_equal(operator, "=") || text_equal(operator, "!="))
		return match_pattern(shell, left, condition->right, *operator== '=');
	if (text_equal(operator, "=~"))
		return match_regex(shell, left, condition->right);
	cleanup(free_string) char *right = expand_text(shell, condition->right);

	if (is_numeric(operator))
		return compare_expressions(shell, operator, left, right);
	return test_binary(shell, left, operator, right);
}

int evaluate_condition(struct shell *shell, const struct condition *condition)
{
	int first;

	if (!shell_step(shell))
		return WRONG_STATUS;
	switch (condition->kind) {
	case CONDITION_UNARY: {
		cleanup(free_string) char *text = expand_text(shell, condition->right);

		return status_of(test_unary(condition->operator, text));
	}
	case CONDITION_BINARY:
		return evaluate_binary(shell, condition);
	case CONDITION_NOT:
		return negated(evaluate_condition(shell, condition->first));
	case CONDITION_AND:
		first = evaluate_condition(shell, condition->first);
		return first ? first : evaluate_condition(shell, condition->second);
	case CONDITION_OR:
		first = evaluate_condition(shell, condition->first);
		return first ? evaluate_condition(shell, condition->second) : first;
	}
	return WRONG_STATUS;
}
