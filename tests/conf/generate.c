/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements, and whole files. */
#include "grammar.h"

#include <stdlib.h>

static void statement(void);
static void body(void);

static void test_command(void)
{
	count("[ ]");
	PUT_ONE("[ ", "[ ", "test ", "[ ! ");
	bool bracket = state.out->data[state.out->length - 2] != 't';

	switch (pick(7)) {
	case 0:
		PUT_ONE("-n ", "-z ");
		double_quoted();
		break;
	case 1:
		PUT_ONE("-e ", "-f ", "-d ", "-r ", "-x ", "-s ", "-L ");
		PUT_ONE("a.c", "dir", "nosuch", "\"$a\"", "/");
		break;
	case 2:
		PUT_ONE("\"$n\"", "$n", "${#a}", "3", "\"$a\"");
		PUT_ONE(" -eq ", " -ne ", " -lt ", " -le ", " -gt ", " -ge ");
		PUT_ONE("1", "$n", "3", "0");
		break;
	case 3:
		count("[ -a -o ]");
		PUT_ONE("\"$n\" -ge 1 -a \"$n\" -lt 3", "-n \"$a\" -o -n \"$b\"",
			"$n = 1 -a $n != 2");
		break;
	case 4:
		PUT_ONE("$unset_one = n", "$n", "$module == x", "\"$module\"");
		break;
	default:
		double_quoted();
		PUT_ONE(" = ", " != ", " == ");
		double_quoted();
		break;
	}
	if (bracket)
		put(" ]");
}

static void regex(void)
{
	count("=~");
	PUT_ONE("$kernelver", "$a", "\"$n\"", "x6.1y");
	put(" =~ ");
	PUT_ONE("^6", "^([0-9]+)\\.([0-9]+)", "amd64$", "x|y", "[0-9]+", "^(a|x)", "$a.*", "'.'1",
		"\"6.1\"", "(x)(y)?", "\\.", "^[a-z]*$");
}

static void condition(void)
{
	count("[[ ]]");
	put("[[ ");
	PUT_ONE("", "", "", "! ");
	switch (pick(6)) {
	case 0:
		PUT_ONE("-n ", "-z ", "-f ", "-d ");
		word();
		break;
	case 1:
		regex();
		break;
	case 2:
		PUT_ONE("n", "$n", "${#l[@]}", "3");
		PUT_ONE(" -eq ", " -lt ", " -ge ");
		PUT_ONE("n", "1", "2+1", "$n");
		break;
	case 3:
		put("$a");
		break;
	default:
		PUT_ONE("$a", "\"$b\"", "$kernelver", "foo", "${l[0]}");
		PUT_ONE(" == ", " = ", " != ");
		pattern();
		break;
	}
	if (chance(20)) {
		count("[[ && || ]]");
		PUT_ONE(" && $n", " || ( -n $a )", " && ! -z $b", " || $n -gt 1");
	}
	put(" ]]");
}

static void test(void)
{
	switch (pick(8)) {
	case 0:
	case 1:
	case 2:
		test_command();
		break;
	case 3:
	case 4:
	case 5:
		condition();
		break;
	case 6:
		count("((…))");
		put("((");
		arithmetic();
		put("))");
		break;
	default:
		PUT_ONE("true", "false", "! true", ":", "nosuchcommand 2>/dev/null",
			"! [[ -n $a ]]");
		break;
	}
}

static void compound(void)
{
	count("x=(…)");
	target_name();
	PUT_ONE("=(", "=(", "+=(");
	for (unsigned i = pick(4); i; i--) {
		if (chance(20)) {
			count("[i]=v");
			put("[");
			PUT_ONE("0", "2", "n", "n+1", "4");
			PUT_ONE("]=", "]=", "]+=");
		}
		word();
		PUT_ONE(" ", " ", "\n", "  ", " # note\n");
	}
	put(")");
}

static void assignment(void)
{
	unsigned kind = pick(10);

	if (kind == 0) {
		compound();
		return;
	}
	target_name();
	if (kind < 4) {
		count("x[i]=");
		put("[");
		subscript();
		put("]");
	}
	if (chance(15)) {
		count("+=");
		put("+");
	} else
		count("x=");
	put("=");
	if (chance(50))
		double_quoted();
	else
		word();
}

static void if_statement(void)
{
	count("if");
	put("if ");
	test();
	PUT_ONE("; then\n", "\nthen ", " ; then ");
	body();
	if (chance(20)) {
		count("elif");
		put("elif ");
		test();
		put("; then ");
		body();
	}
	if (chance(40)) {
		put("else\n");
		body();
	}
	put("fi");
}

static void case_statement(void)
{
	count("case");
	put("case ");
	PUT_ONE("$kernelver", "\"$a\"", "$n", "${b:-x}", "foo");
	put(" in\n");
	for (unsigned i = 1 + pick(3); i; i--) {
		PUT_ONE("", "", "(");
		pattern();
		put("x"); /* an empty pattern is no pattern */
		if (chance(30)) {
			PUT_ONE("|", " | ");
			pattern();
			put("6");
		}
		PUT_ONE(") ", ")\n");
		body();
		if (chance(10))
			count(";& ;;&");
		PUT_ONE(";;\n", ";;\n", ";;\n", ";;\n", ";&\n", ";;&\n");
	}
	PUT_ONE("", "*) a=other ;;\n", "*) b=last\n");
	put("esac");
}

static void for_statement(void)
{
	count("for");
	put("for ");
	PUT_ONE("i", "n", "c");
	put(" in ");
	for (unsigned i = pick(4); i; i--) {
		word();
		put(" ");
	}
	PUT_ONE("; do ", "\ndo\n");
	state.loops++;
	body();
	state.loops--;
	put("done");
}

/* Each depth has a counter of its own, so that loops in loops end. */
static void while_statement(void)
{
	static const char *const forms[] = {
		"w%u=0; while [ $w%u -lt 2 ]; do w%u=$((w%u+1))\n",
		"w%u=0; until ((w%u >= 2)); do let w%u+=1\n",
		"w%u=2; while ((w%u-- > 0)); do ",
	};
	const char *form = forms[pick(COUNT_OF(forms))];

	count("while");
	for (; *form; form++)
		if (text_starts_with(form, "%u")) {
			buffer_add_format(state.out, "%u", state.loops);
			form++;
		} else
			buffer_add_char(state.out, *form);
	state.loops++;
	body();
	state.loops--;
	put("done");
}

static void function_statement(void)
{
	count("function");
	PUT_ONE("f() {\n", "g ()\n{\n", "function f {\n");
	bool named_g = false;

	for (size_t i = state.out->length; i && state.out->data[i - 1] != 'u'; i--)
		if (state.out->data[i - 1] == 'g') {
			named_g = true;
			break;
		} else if (state.out->data[i - 1] == 'f')
			break;
	state.functions++;
	if (chance(40)) {
		count("local");
		PUT_ONE("local a=$1\n", "local b\n", "local c=\"$2\" d\n");
	}
	body();
	if (chance(30)) {
		count("return");
		PUT_ONE("return\n", "return 1\n", "return 0\n");
	}
	state.functions--;
	put("}\n");
	put(named_g ? "g " : "f ");
	for (unsigned i = pick(3); i; i--) {
		word();
		put(" ");
	}
}

static void read_statement(void)
{
	count("read");
	PUT_ONE("read -r a b <<< ", "IFS=. read -r a b c <<< ", "IFS=.- read -ra l <<< ",
		"read -ra m <<< ", "IFS='-' read -r a b <<< ", "IFS=: read -r a <<< ");
	PUT_ONE("\"$kernelver\"", "\"$a\"", "'x y  z'", "a.b.c.d", "'a..b'", "' x '", "a:", "'.a.'",
		"''");
}

static void print_statement(void)
{
	count("printf echo");
	PUT_ONE("printf -v a '%s' \"$b\"", "printf -v b '%s,' $l x", "printf -v c '%d-%s' $n y",
		"echo \"$a\"", "echo $b >&2", "printf '%s\\n' x > /dev/null",
		"printf -v a '%5s|%-4s|' x y", "printf -v a 'a\\tb%%'", "printf -v b '%b' 'x\\ty'",
		"echo x 2>&1 >/dev/null");
}

static void other_statement(void)
{
	switch (pick(9)) {
	case 0:
		count("unset");
		PUT_ONE("unset a", "unset MAKE", "unset 'l[0]'", "unset l", "unset PATCH[1] b");
		break;
	case 1:
		count("export");
		PUT_ONE("export a", "export b=\"$a x\"", "export MAKE=$a", "export n=1 c=$n");
		break;
	case 2:
		read_statement();
		break;
	case 3:
		print_statement();
		break;
	case 4:
		count("{ }");
		put("{ ");
		body();
		put("}");
		break;
	case 5:
		count("( )");
		put("( ");
		body();
		put(")");
		break;
	case 6:
		if (state.loops) {
			count("break continue");
			PUT_ONE("break", "continue", "break 2");
		} else
			put(":");
		break;
	case 7:
		count("comment");
		PUT_ONE("# a comment's \"text\"", "a=b # behind", "  # indented $(x)");
		put("\n:");
		break;
	default:
		count("let");
		PUT_ONE("let n+=1", "let 'n = n * 2'", "let i++ n--", "(( n += 2 ))");
		break;
	}
}

static void compound_statement(void)
{
	state.depth++;
	switch (pick(6)) {
	case 0:
	case 1:
		if_statement();
		break;
	case 2:
		case_statement();
		break;
	case 3:
		for_statement();
		break;
	case 4:
		while_statement();
		break;
	default:
		if (!state.functions && !state.loops && state.depth == 1)
			function_statement();
		else
			if_statement();
		break;
	}
	state.depth--;
}

static void statement(void)
{
	unsigned kind = pick(20);

	if (state.statements)
		state.statements--;
	if (kind < 11 || !state.statements) {
		assignment();
	} else if (kind < 13) {
		count("&& ||");
		test();
		PUT_ONE(" && ", " || ", " &&\n  ");
		assignment();
		if (chance(30)) {
			PUT_ONE(" || ", " && ");
			assignment();
		}
	} else if (kind < 16 && state.depth < 3) {
		compound_statement();
	} else {
		state.depth++;
		other_statement();
		state.depth--;
	}
}

static void body(void)
{
	for (unsigned i = 1 + pick(2); i; i--) {
		statement();
		PUT_ONE("\n", "; ", "\n\t");
	}
}

/* CR before each line's end, as editors elsewhere leave it. */
static void to_crlf(struct buffer *conf)
{
	struct buffer crlf = {0};

	count("CRLF");
	for (size_t i = 0; i < conf->length; i++) {
		if (conf->data[i] == '\n')
			buffer_add_char(&crlf, '\r');
		buffer_add_char(&crlf, conf->data[i]);
	}
	buffer_free(conf);
	*conf = crlf;
}

void generate_conf(uint64_t seed, struct buffer *conf)
{
	state.random = seed * 0x9E3779B97F4A7C15ULL + 1;
	for (int i = 0; i < 4; i++)
		(void)pick(2);
	state.out = conf;
	state.depth = state.loops = state.functions = 0;
	state.statements = 12;
	put("n=");
	PUT_ONE("0", "1", "2", "3");
	put("\n");
	for (unsigned i = 1 + pick(6); i; i--) {
		statement();
		put("\n");
	}
	if (chance(3))
		to_crlf(conf);
}
