/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic on text that has been expanded already, with C's operators, precedence and lazy
 * branches. Numbers wrap at 64 bits. Source: the bash reference manual, "Shell Arithmetic".
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "conf/shell.h"

enum { DEPTH_LIMIT = 200 };

struct arithmetic {
	struct shell *shell;
	const char *text; /* the rest */
	unsigned depth;
	bool idle; /* in a branch that is not taken: nothing is looked up or assigned */
	bool failed;
};

/* What an expression stands for: a value, and a variable if it can be assigned to. */
struct operand {
	int64_t value;
	char *name; /* NULL: no variable */
	long index;
};

static int64_t parse_comma(struct arithmetic *arithmetic);
static int64_t parse_assignment(struct arithmetic *arithmetic);
static bool evaluate(struct shell *shell, const char *text, unsigned depth, int64_t *ret_value);

static int64_t fail(struct arithmetic *arithmetic, const char *reason)
{
	(void)shell_give_up(arithmetic->shell, reason);
	arithmetic->failed = true;
	arithmetic->text = "";
	return 0;
}

static void skip_blanks(struct arithmetic *arithmetic)
{
	while (*arithmetic->text && strchr(" \t\n", *arithmetic->text))
		arithmetic->text++;
}

/* Takes operator if it stands here and none of the characters in not_before follows. */
static bool take(struct arithmetic *arithmetic, const char *operator, const char * not_before)
{
	size_t length = strlen(operator);

	skip_blanks(arithmetic);
	if (strncmp(arithmetic->text, operator, length) != 0)
		return false;
	if (arithmetic->text[length] && strchr(not_before, arithmetic->text[length]))
		return false;
	arithmetic->text += length;
	return true;
}

static int digit_value(char c, unsigned base)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (islower((unsigned char)c))
		return c - 'a' + 10;
	if (isupper((unsigned char)c))
		return c - 'A' + (base <= 36 ? 10 : 36);
	return c == '@' ? 62 : c == '_' ? 63 : -1;
}

static int64_t parse_number(struct arithmetic *arithmetic)
{
	const char *text = arithmetic->text;
	unsigned base = 10;
	uint64_t value = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	} else if (text[0] == '0') {
		base = 8;
	} else {
		size_t digits = strspn(text, "0123456789");

		if (digits <= 2 && text[digits] == '#') {
			base = (unsigned)strtoul(text, NULL, 10);
			text += digits + 1;
			if (digit_value(*text, 64) < 0)
				return fail(arithmetic, "this number");
		}
	}
	if (base < 2 || base > 64)
		return fail(arithmetic, "this number");
	for (; digit_value(*text, base) >= 0; text++) {
		if ((unsigned)digit_value(*text, base) >= base)
			return fail(arithmetic, "this number");
		value = value * base + (unsigned)digit_value(*text, base);
	}
	if (*text == '#' || *text == '.')
		return fail(arithmetic, "this number");
	arithmetic->text = text;
	return (int64_t)value;
}

/* [expression] behind a name. */
static long parse_subscript(struct arithmetic *arithmetic, const char *name)
{
	int64_t index = parse_comma(arithmetic);

	if (!take(arithmetic, "]", ""))
		return (long)fail(arithmetic, "this subscript");
	if (index < 0 && !arithmetic->idle)
		index += variable_last_index(variable_get(&arithmetic->shell->variables, name)) + 1;
	if (index < 0 && !arithmetic->idle)
		return (long)fail(arithmetic, "a subscript before the array");
	return (long)index;
}

static void look_up(struct arithmetic *arithmetic, struct operand *operand)
{
	if (arithmetic->idle || arithmetic->failed)
		return;
	const char *text = variable_text(&arithmetic->shell->variables, operand->name,
					 operand->index);

	if (text && !evaluate(arithmetic->shell, text, arithmetic->depth + 1, &operand->value))
		(void)fail(arithmetic, "this value in an expression");
}

/* read: its value is wanted. */
static void parse_variable(struct arithmetic *arithmetic, struct operand *operand, bool read)
{
	size_t length = 0;

	while (isalnum((unsigned char)arithmetic->text[length]) || arithmetic->text[length] == '_')
		length++;
	operand->name = xstrndup(arithmetic->text, length);
	arithmetic->text += length;
	if (variable_is_special(operand->name))
		(void)fail(arithmetic, "a variable of the shell itself");
	if (*arithmetic->text == '[') {
		arithmetic->text++;
		operand->index = parse_subscript(arithmetic, operand->name);
	}
	if (read)
		look_up(arithmetic, operand);
}

static void assign(struct arithmetic *arithmetic, const struct operand *operand, int64_t value)
{
	char number[24];

	if (!operand->name) {
		(void)fail(arithmetic, "an assignment to no variable");
		return;
	}
	if (arithmetic->idle || arithmetic->failed)
		return;
	(void)snprintf(number, sizeof(number), "%lld", (long long)value);
	variable_set(&arithmetic->shell->variables, operand->name, operand->index, number);
}

static int64_t add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static void release(struct operand *operand)
{
	free(operand->name);
}

static int64_t parse_primary(struct arithmetic *arithmetic)
{
	cleanup(release) struct operand operand = {0};

	skip_blanks(arithmetic);
	if (isdigit((unsigned char)*arithmetic->text))
		return parse_number(arithmetic);
	if (take(arithmetic, "(", "")) {
		int64_t value = parse_comma(arithmetic);

		return take(arithmetic, ")", "") ? value : fail(arithmetic, "this expression");
	}
	if (!isalpha((unsigned char)*arithmetic->text) && *arithmetic->text != '_')
		return fail(arithmetic, "this expression");
	parse_variable(arithmetic, &operand, true);
	if (take(arithmetic, "++", "")) {
		assign(arithmetic, &operand, add(operand.value, 1));
	} else if (take(arithmetic, "--", "")) {
		assign(arithmetic, &operand, add(operand.value, -1));
	}
	return operand.value;
}

static int64_t parse_step(struct arithmetic *arithmetic, int64_t step)
{
	cleanup(release) struct operand operand = {0};

	skip_blanks(arithmetic);
	if (!isalpha((unsigned char)*arithmetic->text) && *arithmetic->text != '_')
		return fail(arithmetic, "++ or -- before no variable");
	parse_variable(arithmetic, &operand, true);
	assign(arithmetic, &operand, add(operand.value, step));
	return add(operand.value, step);
}

static int64_t parse_unary(struct arithmetic *arithmetic)
{
	if (++arithmetic->depth > DEPTH_LIMIT)
		return fail(arithmetic, "nesting this deep");
	int64_t value;

	if (take(arithmetic, "++", ""))
		value = parse_step(arithmetic, 1);
	else if (take(arithmetic, "--", ""))
		value = parse_step(arithmetic, -1);
	else if (take(arithmetic, "!", "="))
		value = !parse_unary(arithmetic);
	else if (take(arithmetic, "~", ""))
		value = ~parse_unary(arithmetic);
	else if (take(arithmetic, "-", ""))
		value = (int64_t)(0 - (uint64_t)parse_unary(arithmetic));
	else if (take(arithmetic, "+", ""))
		value = parse_unary(arithmetic);
	else
		value = parse_primary(arithmetic);
	arithmetic->depth--;
	return value;
}

static int64_t power(struct arithmetic *arithmetic, int64_t base, int64_t exponent)
{
	uint64_t result = 1, factor = (uint64_t)base;

	if (exponent < 0 && arithmetic->idle)
		return 0;
	if (exponent < 0)
		return fail(arithmetic, "a negative exponent");
	for (; exponent; exponent >>= 1, factor *= factor)
		if (exponent & 1)
			result *= factor;
	return (int64_t)result;
}

/* Right associative. */
static int64_t parse_power(struct arithmetic *arithmetic)
{
	int64_t value = parse_unary(arithmetic);

	if (!take(arithmetic, "**", ""))
		return value;
	if (++arithmetic->depth > DEPTH_LIMIT)
		return fail(arithmetic, "nesting this deep");
	value = power(arithmetic, value, parse_power(arithmetic));
	arithmetic->depth--;
	return value;
}

static int64_t divide(struct arithmetic *arithmetic, int64_t a, int64_t b, bool remainder)
{
	if (arithmetic->idle)
		return 0;
	if (b == 0 || (a == INT64_MIN && b == -1))
		return fail(arithmetic, "this division");
	return remainder ? a % b : a / b;
}

enum { BINARY_LEVELS = 8 };

/* Binary operators from the loosest to the tightest; what must not follow each. */
static const struct {
	const char *operator, * not_before;
} levels[BINARY_LEVELS][5] = {
	{{"|", "|="}},
	{{"^", "="}},
	{{"&", "&="}},
	{{"==", ""}, {"!=", ""}},
	{{"<=", ""}, {">=", ""}, {"<", "<"}, {">", ">"}},
	{{"<<", "="}, {">>", "="}},
	{{"+", "="}, {"-", "="}},
	{{"*", "=*"}, {"/", "="}, {"%", "="}},
};

static int64_t apply(struct arithmetic *arithmetic, const char *operator, int64_t a, int64_t b)
{
	switch (operator[0]) {
	case '|':
		return a | b;
	case '^':
		return a ^ b;
	case '&':
		return a & b;
	case '=':
		return a == b;
	case '!':
		return a != b;
	case '<':
		return operator[1] == '=' ? a <= b :
		       operator[1] == '<' ? (int64_t)((uint64_t)a << ((uint64_t)b & 63))
					  : a<b;
	case '>':
		return operator[1] == '=' ? a >= b : operator[1] == '>' ? a >> (b & 63) : a> b;
	case '+':
		return add(a, b);
	case '-':
		return (int64_t)((uint64_t)a - (uint64_t)b);
	case '*':
		return (int64_t)((uint64_t)a * (uint64_t)b);
	default:
		return divide(arithmetic, a, b, operator[0] == '%');
	}
}

static const char *take_level(struct arithmetic *arithmetic, int level)
{
	skip_blanks(arithmetic);
	/* What is left of ++ and -- here depends on what stood before and comes after. */
	if (text_starts_with(arithmetic->text, "++") || text_starts_with(arithmetic->text, "--")) {
		(void)fail(arithmetic, "++ or -- behind no variable");
		return NULL;
	}
	for (size_t i = 0; i < 5 && levels[level][i].operator; i++)
		if (take(arithmetic, levels[level][i].operator, levels[level][i].not_before))
			return levels[level][i].operator;
	return NULL;
}

static int64_t parse_binary(struct arithmetic *arithmetic, int level)
{
	if (level == BINARY_LEVELS)
		return parse_power(arithmetic);
	int64_t value = parse_binary(arithmetic, level + 1);
	const char *operator;

	while ((operator= take_level(arithmetic, level))) {
		int64_t right = parse_binary(arithmetic, level + 1);

		value = apply(arithmetic, operator, value, right);
	}
	return value;
}

static int64_t parse_and(struct arithmetic *arithmetic)
{
	int64_t value = parse_binary(arithmetic, 0);

	while (take(arithmetic, "&&", "")) {
		bool idle = arithmetic->idle;

		arithmetic->idle |= !value;
		int64_t right = parse_binary(arithmetic, 0);

		arithmetic->idle = idle;
		value = value && right;
	}
	return value;
}

static int64_t parse_or(struct arithmetic *arithmetic)
{
	int64_t value = parse_and(arithmetic);

	while (take(arithmetic, "||", "")) {
		bool idle = arithmetic->idle;

		arithmetic->idle |= !!value;
		int64_t right = parse_and(arithmetic);

		arithmetic->idle = idle;
		value = value || right;
	}
	return value;
}

static int64_t parse_conditional(struct arithmetic *arithmetic)
{
	int64_t value = parse_or(arithmetic), first, second;
	bool idle = arithmetic->idle;

	if (!take(arithmetic, "?", ""))
		return value;
	if (++arithmetic->depth > DEPTH_LIMIT)
		return fail(arithmetic, "nesting this deep");
	arithmetic->idle = idle || !value;
	first = parse_comma(arithmetic);
	if (!take(arithmetic, ":", ""))
		return fail(arithmetic, "this expression");
	arithmetic->idle = idle || value;
	second = parse_conditional(arithmetic);
	arithmetic->idle = idle;
	arithmetic->depth--;
	return value ? first : second;
}

/* An assignment operator at the position: "=", or the operator before it. */
static const char *take_assignment_operator(struct arithmetic *arithmetic)
{
	static const char *const operators[] = {"<<", ">>", "*", "/", "%", "+",
						"-",  "&",  "^", "|", NULL};

	if (take(arithmetic, "=", "="))
		return "=";
	skip_blanks(arithmetic);
	for (const char *const *operator= operators; *operator; operator++) {
		size_t length = strlen(*operator);

		if (strncmp(arithmetic->text, *operator, length) == 0 &&
		    arithmetic->text[length] == '=') {
			arithmetic->text += length + 1;
			return *operator;
		}
	}
	return NULL;
}

static int64_t parse_assignment(struct arithmetic *arithmetic)
{
	const char *start, *operator= NULL;
	cleanup(release) struct operand operand = {0};
	bool idle = arithmetic->idle;

	if (!shell_step(arithmetic->shell))
		return fail(arithmetic, "this expression");
	skip_blanks(arithmetic);
	start = arithmetic->text;
	if (isalpha((unsigned char)*start) || *start == '_') {
		/* A trial: is an assignment operator behind the name? Nothing is looked up yet. */
		arithmetic->idle = true;
		parse_variable(arithmetic, &operand, false);
		operator= take_assignment_operator(arithmetic);
		arithmetic->idle = idle;
		if (arithmetic->failed)
			return 0;
		arithmetic->text = start;
	}
	if (!operator)
		return parse_conditional(arithmetic);
	free(TAKE(operand.name));
	if (++arithmetic->depth > DEPTH_LIMIT)
		return fail(arithmetic, "nesting this deep");
	/* A plain assignment does not read the old value. */
	parse_variable(arithmetic, &operand, *operator!= '=');
	(void)take_assignment_operator(arithmetic);
	int64_t right = parse_assignment(arithmetic);
	int64_t value = *operator== '=' ? right : apply(arithmetic, operator, operand.value, right);

	assign(arithmetic, &operand, value);
	arithmetic->depth--;
	return value;
}

static int64_t parse_comma(struct arithmetic *arithmetic)
{
	int64_t value;

	if (++arithmetic->depth > DEPTH_LIMIT)
		return fail(arithmetic, "nesting this deep");
	do
		value = parse_assignment(arithmetic);
	while (take(arithmetic, ",", ""));
	arithmetic->depth--;
	return value;
}

static bool evaluate(struct shell *shell, const char *text, unsigned depth, int64_t *ret_value)
{
	struct arithmetic arithmetic = {.shell = shell, .text = text, .depth = depth};
	int64_t value = 0;

	if (!shell_step(shell))
		return false;
	skip_blanks(&arithmetic);
	if (*arithmetic.text)
		value = parse_comma(&arithmetic);
	skip_blanks(&arithmetic);
	if (arithmetic.failed)
		return false;
	if (*arithmetic.text)
		return shell_give_up(shell, "this expression");
	*ret_value = value;
	return true;
}

bool evaluate_arithmetic(struct shell *shell, const char *text, int64_t *ret_value)
{
	return evaluate(shell, text, 0, ret_value);
}
