/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "generate.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

enum { CONSTRUCTS = 128, DEPTH_LIMIT = 4 };

/* The one file being made, and what all files had. */
static struct {
	uint64_t random;
	struct buffer *out;
	unsigned depth, loops, functions;
	unsigned statements; /* left */
	struct {
		const char *name;
		unsigned long count;
	} constructs[CONSTRUCTS];
} state;

static void count(const char *name)
{
	size_t i = 0;

	while (i < CONSTRUCTS - 1 && state.constructs[i].name && state.constructs[i].name != name)
		i++;
	state.constructs[i].name = name;
	state.constructs[i].count++;
}

void generate_print_counts(const char *prefix)
{
	for (size_t i = 0; i < CONSTRUCTS && state.constructs[i].name; i++)
		printf("%s%-24s %lu\n", prefix, state.constructs[i].name,
		       state.constructs[i].count);
}

/* xorshift64* */
static unsigned pick(unsigned limit)
{
	state.random ^= state.random >> 12;
	state.random ^= state.random << 25;
	state.random ^= state.random >> 27;
	return (unsigned)((state.random * 0x2545F4914F6CDD1DULL) >> 33) % limit;
}

static bool chance(unsigned percent)
{
	return pick(100) < percent;
}

static void put(const char *text)
{
	buffer_add_text(state.out, text);
}

#define PUT_ONE(...)                                             \
	do {                                                     \
		static const char *const all_[] = {__VA_ARGS__}; \
		put(all_[pick(COUNT_OF(all_))]);                 \
	} while (0)

static void word(void);
static void double_quoted(void);
static void statement(void);
static void body(void);
static void arithmetic(void);

static void variable_name(void)
{
	PUT_ONE("a", "b", "c", "d", "n", "i", "l", "m", "kernelver", "arch", "module", "unset_one",
		"MAKE", "PATCH", "CLEAN", "PACKAGE_NAME");
}

static void target_name(void)
{
	PUT_ONE("a", "b", "c", "l", "m", "MAKE", "MAKE", "PATCH", "PATCH", "CLEAN", "PACKAGE_NAME",
		"BUILT_MODULE_NAME");
}

static void literal(void)
{
	count("literal");
	PUT_ONE("x", "foo", "make", "-C", "/usr/src", "6.1", "a=b", "M=", "1", "0", "ab.c", "%",
		"@", "^", ",", "_", "+", "A", "Zz", "no", "yes", "==", "-", ":", "/", "..", "!",
		"]", "}", "#", "a#b", "{", "~x");
}

static void glob(void)
{
	count("glob");
	PUT_ONE("*", "?", "*.c", "[ab].c", "x*", "[!a]*", "*/", "dir/*", "a?c", "[a-c]*",
		"@(a|b).c", "!(a*)", "+([a-z]).c", "?(x)y", "*(a).c", "[[:alpha:]].c", "nosuch*",
		"[", "[x", "*a*c*");
}

static void escape(void)
{
	count("backslash");
	PUT_ONE("\\ ", "\\\\", "\\$a", "\\\"", "\\'", "\\*", "\\x", "\\`", "\\;", "\\\n", "\\#",
		"\\~");
}

static void single_quoted(void)
{
	count("'…'");
	put("'");
	PUT_ONE("", "x y", "$a", "a\"b", "\\", "*", "two  blanks", " edge", "a\nb", "\\$kernelver",
		"`", "tab\there", "#", "${a}", "\"x\"");
	put("'");
}

static void ansi_quoted(void)
{
	count("$'…'");
	PUT_ONE("$'a\\nb'", "$'\\t'", "$'it\\'s'", "$'\\x41'", "$'\\101'", "$'\\r'", "$'\\\\'",
		"$''");
}

static void subscript(void)
{
	switch (pick(8)) {
	case 0:
		put("n");
		break;
	case 1:
		put("$n");
		break;
	case 2:
		count("arithmetic subscript");
		put("n+");
		PUT_ONE("1", "2");
		break;
	case 3:
		if (chance(70)) {
			put("1");
			break;
		}
		count("negative subscript");
		put("-1");
		break;
	case 4:
		put("${#l[@]}");
		break;
	default:
		PUT_ONE("0", "1", "2", "3", "5", "10");
		break;
	}
}

static void pattern(void)
{
	for (unsigned i = 0, n = 1 + pick(3); i < n; i++)
		switch (pick(6)) {
		case 0:
			PUT_ONE("*", "?", "[a-z]", "[0-9]", "[!0-9]", "*.", "-*", "[.-]",
				"[[:digit:]]", "[^a]");
			break;
		case 1:
			count("extended pattern");
			PUT_ONE("@(a|b)", "?(x)", "*([0-9])", "+([0-9])", "!(x)", "+(a|.)",
				"@(6|x).*");
			break;
		case 2:
			count("quotes in a pattern");
			PUT_ONE("'*'", "\"$a\"", "\\*", "\".\"", "'['");
			break;
		case 3:
			count("variable in a pattern");
			PUT_ONE("$a", "$n", "${c}");
			break;
		default:
			PUT_ONE("a", "6", ".", "-", "1", "x", "foo", "amd64", "");
			break;
		}
}

/* The rest of ${name… with its brace. */
static void parameter_operation(bool quoted)
{
	switch (pick(12)) {
	case 0:
		count("${x-w}");
		PUT_ONE("-", ":-", "+", ":+");
		if (quoted)
			PUT_ONE("", "x", "$b", "a b", "'q'", "\"in\"", "\\}", "${c}");
		else
			word();
		break;
	case 1:
		count("${x=w}");
		PUT_ONE("=", ":=");
		PUT_ONE("", "x", "$b", "a b", "${c:-1}");
		break;
	case 2:
	case 3:
		count("${x#p}");
		PUT_ONE("#", "##");
		pattern();
		break;
	case 4:
	case 5:
		count("${x%p}");
		PUT_ONE("%", "%%");
		pattern();
		break;
	case 6:
	case 7:
		count("${x/p/r}");
		PUT_ONE("/", "//", "/#", "/%");
		PUT_ONE("a", "6", ".", "-", "[0-9]", "?", "*", "$n", "x", "'.'", "\\/", "+([0-9])",
			"\".\"");
		if (!chance(20)) {
			put("/");
			PUT_ONE("", "X", "$b", "yy", "a b", "\"$c\"");
		}
		break;
	case 8:
	case 9:
		count("${x:o:l}");
		put(":");
		PUT_ONE("0", "1", "2", " -1", "n", "n+1", "$n", " -2", "(1)", "10");
		if (chance(60)) {
			put(":");
			PUT_ONE("1", "2", "n", "0", "-1", "$((n+1))");
		}
		break;
	default:
		count("${x^}");
		PUT_ONE("^", "^^", ",", ",,");
		break;
	}
}

static void list_parameter(void)
{
	count("${x[@]}");
	put("${");
	PUT_ONE("", "", "#", "!");
	PUT_ONE("l", "m", "MAKE", "PATCH", "a", "unset_one");
	PUT_ONE("[@]", "[*]");
	put("}");
}

static void parameter(bool quoted)
{
	unsigned kind = pick(10);

	if (kind < 3) {
		count("$x");
		put("$");
		PUT_ONE("a", "b", "n", "kernelver", "module", "MAKE", "unset_one", "?");
		return;
	}
	if (kind == 3) {
		list_parameter();
		return;
	}
	if (kind == 4 && state.functions) {
		count("$1");
		PUT_ONE("$1", "$2", "$#", "$@", "$*", "${1:-x}", "${1%.*}");
		return;
	}
	put("${");
	if (chance(8)) {
		count("${#x}");
		put("#");
		variable_name();
		put("}");
		return;
	}
	variable_name();
	if (chance(15)) {
		count("${x[i]}");
		put("[");
		PUT_ONE("0", "1", "n", "$n", "2", "n+1");
		put("]");
	}
	if (kind > 5)
		parameter_operation(quoted);
	else
		count("${x}");
	put("}");
}

static void arithmetic_operand(void)
{
	switch (pick(8)) {
	case 0:
		PUT_ONE("n", "i", "unset_one");
		break;
	case 1:
		PUT_ONE("$n", "${n}", "${#l[@]}", "${n:-3}");
		break;
	case 2:
		PUT_ONE("l[0]", "l[n]", "m[1]");
		break;
	case 3:
		PUT_ONE("0x1f", "010", "2#101", "7", "16#ff");
		break;
	default:
		PUT_ONE("0", "1", "2", "3", "10", "6");
		break;
	}
}

static void arithmetic_operation(void)
{
	arithmetic();
	PUT_ONE("+", "-", " * ", " / ", "%", " ** ", "<<", ">>", "<", ">",
		"<=", ">=", "==", "!=", "&", "|", "^", "&&", "||", ", ");
	arithmetic();
}

static void arithmetic(void)
{
	if (state.depth >= DEPTH_LIMIT) {
		arithmetic_operand();
		return;
	}
	state.depth++;
	switch (pick(12)) {
	case 0:
		count("arithmetic operators");
		arithmetic_operation();
		break;
	case 1:
		count("arithmetic ?:");
		arithmetic_operand();
		put(" ? ");
		arithmetic_operand();
		put(" : ");
		arithmetic_operand();
		break;
	case 2:
		put("(");
		arithmetic();
		put(")");
		break;
	case 3:
		count("arithmetic unary");
		PUT_ONE("!", "~", "-", "+", "- ");
		arithmetic_operand();
		break;
	case 4:
		count("++ --");
		PUT_ONE("n++", "++n", "--i", "i--", "++l[0]");
		break;
	case 5:
		count("arithmetic assignment");
		put("(");
		PUT_ONE("n", "i", "l[1]");
		PUT_ONE("=", "+=", "-=", "*=", "|=", "<<=");
		arithmetic_operand();
		put(")");
		break;
	default:
		arithmetic_operand();
		break;
	}
	state.depth--;
}

static void filter(void)
{
	count("filters");
	PUT_ONE("echo $kernelver | cut -d. -f1", "echo \"$kernelver\" | cut -d- -f 1,2",
		"echo $kernelver | sed 's/\\([0-9]\\+\\.[0-9]\\+\\)\\..*/\\1/g'",
		"echo \"$kernelver\" | sed -e 's/-.*//' -e 's/\\./_/g'",
		"echo \"a b c\" | awk '{print $2}'", "echo a:b:c | awk -F: '{ print $3 }'",
		"echo \"$a\" | tr a-z A-Z", "printf 'x\\ny\\n' | head -n1",
		"printf '1\\n2\\n3\\n' | tail -1",
		"echo \"$kernelver\" | grep -o '[0-9]*' | head -1", "echo foo | grep -c o",
		"echo \"$kernelver\" | sed -rn 's/^([0-9]+)\\.([0-9]+).*$/\\2.\\1/p'",
		"echo aXbX | sed 's/X*/-/g'", "echo a.b | cut -c2-", "basename /a/b.ko .ko",
		"dirname /a/b/c", "uname -r", "uname -m", "nproc", "echo \"a  b\" | wc -w",
		"echo 'k=v' | sed '/k/s/=/ /;s/v/&&/'",
		"printf '%s\\n' $kernelver 5.18 6.1.0-7 6.1 | sort -V | tail -n 1",
		"{ echo \"$kernelver\"; echo 6.1.0; } | sort -V -C && echo older",
		"printf 'b\\na\\nb\\n' | sort -ru", "echo $kernelver | tr -d '.\\n'");
}

static void substitution(void)
{
	bool backquoted = chance(25);

	if (state.depth >= DEPTH_LIMIT) {
		put("x");
		return;
	}
	state.depth++;
	count(backquoted ? "`…`" : "$(…)");
	put(backquoted ? "`" : "$(");
	if (chance(12)) {
		filter();
	} else if (chance(30)) {
		PUT_ONE("echo $a; echo $b", "echo -n \"$a\"", "echo -e 'a\\tb'",
			"printf '%s-' $a $b c", "printf '%03d|%x' $n 255", "a=inner; echo $a",
			"echo x && false || echo y", "[ -n \"$a\" ] && echo yes",
			"echo \"$b\"; exit 3", "if true; then echo in; fi",
			"for q in 1 2; do echo $q; done", ":", "false", "echo '  edges  '");
	} else {
		put("echo ");
		PUT_ONE("$a", "\"$kernelver\"", "x  y", "${b:-z}", "\"$a\" *", "${kernelver%%-*}",
			"$((n+1))");
	}
	put(backquoted ? "`" : ")");
	state.depth--;
}

static void expansion(bool quoted)
{
	unsigned kind = pick(100);

	if (kind < 70)
		parameter(quoted);
	else if (kind < 97) {
		count("$((…))");
		put("$((");
		arithmetic();
		put("))");
	} else
		substitution();
}

static void double_quoted(void)
{
	count("\"…\"");
	put("\"");
	for (unsigned i = pick(4); i; i--)
		switch (pick(6)) {
		case 0:
		case 1:
			expansion(true);
			break;
		case 2:
			PUT_ONE("\\\"", "\\$kernelver", "\\\\", "\\x", "\\`", "\\\n", "'", "\\$b");
			break;
		default:
			PUT_ONE("make ", "  ", " ", "x", "*", "#", "-C ", "KDIR=", "/", "\t", "'q'",
				"a b", "\n", "?", "[a]", "{", "}", "~");
			break;
		}
	put("\"");
}

static void word(void)
{
	unsigned pieces = 1 + pick(3);

	while (pieces--)
		switch (pick(12)) {
		case 0:
			if (chance(40))
				glob();
			else
				literal();
			break;
		case 1:
			escape();
			break;
		case 2:
			single_quoted();
			break;
		case 3:
			ansi_quoted();
			break;
		case 4:
		case 5:
		case 6:
			double_quoted();
			break;
		case 7:
		case 8:
			expansion(false);
			break;
		default:
			literal();
			break;
		}
}

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
