/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words: quoting and expansions. */
#include "grammar.h"

#include <stdio.h>
#include <stdlib.h>

enum { CONSTRUCTS = 128, DEPTH_LIMIT = 4 };

struct generator state;

/* What all files had. */
static struct {
	const char *name;
	unsigned long count;
} constructs[CONSTRUCTS];

void count(const char *name)
{
	size_t i = 0;

	while (i < CONSTRUCTS - 1 && constructs[i].name && constructs[i].name != name)
		i++;
	constructs[i].name = name;
	constructs[i].count++;
}

void generate_print_counts(const char *prefix)
{
	for (size_t i = 0; i < CONSTRUCTS && constructs[i].name; i++)
		printf("%s%-24s %lu\n", prefix, constructs[i].name, constructs[i].count);
}

/* xorshift64* */
unsigned pick(unsigned limit)
{
	state.random ^= state.random >> 12;
	state.random ^= state.random << 25;
	state.random ^= state.random >> 27;
	return (unsigned)((state.random * 0x2545F4914F6CDD1DULL) >> 33) % limit;
}

bool chance(unsigned percent)
{
	return pick(100) < percent;
}

void put(const char *text)
{
	buffer_add_text(state.out, text);
}

static void variable_name(void)
{
	PUT_ONE("a", "b", "c", "d", "n", "i", "l", "m", "kernelver", "arch", "module", "unset_one",
		"MAKE", "PATCH", "CLEAN", "PACKAGE_NAME");
}

void target_name(void)
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

void subscript(void)
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

void pattern(void)
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

void arithmetic(void)
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

void double_quoted(void)
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

void word(void)
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
