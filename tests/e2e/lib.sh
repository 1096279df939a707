# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What tests through the command line are made of. A test file sources this, defines functions
# test_WHAT_IT_SHOWS and ends with `run_tests`, which prints TAP. Each function runs in a shell of
# its own with a private $root, an empty system but for the kernels' directories:
#
#	$root/etc/dkms  $sources (usr/src)  $tree (var/lib/dkms)  $modules (lib/modules)  $root/tmp
#
# $K1 and $K2 are the kernels of scripts/kernels ($K1_re and $K2_re in extended regular expressions: a
# release may hold a +), $A the architecture. Where there is one kernel (or
# DKMS_TEST_KERNELS is 1), $K2 is empty, and tests that use it are skipped. The kernels' directories
# hold a handful of Debian's own modules and what depmod made of them (stock.sh): on any machine plain
# modules for $K1, and modules in xz for $K2.
#
# The first expectation that is not met ends the test and shows what dkms had said.
set -u

top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
DKMS=${DKMS:-$top/build/sanitized/dkms}
mapfile -t releases < <("$top/scripts/kernels" | head -n "${DKMS_TEST_KERNELS:-2}")
K1=${releases[0]:-}
K2=${releases[1]:-}
# shellcheck disable=SC2034 # for the tests
K1_re=${K1//+/[+]} K2_re=${K2//+/[+]}
# shellcheck disable=SC2034 # for the tests
A=$(uname -m)
export LC_ALL=C.UTF-8
# What a make around the tests leaves in the environment is not part of them.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES parallel_jobs

work=$(mktemp -d "${TMPDIR:-/tmp}/dkms-e2e.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

#
# The private system
#

. "$top/tests/e2e/stock.sh"

# no: a test begins as on a new machine, where each build asks the compiler what it accepts.
learned=yes

# A new, empty system in $1. All tests share a signing key, because a new key takes long.
make_root() {
	root=$1
	tree=$root/var/lib/dkms
	sources=$root/usr/src
	modules=$root/lib/modules
	mkdir -p "$root/etc/dkms" "$sources" "$tree" "$root/tmp"
	cp -a "$stock"/{etc,lib} "$root/"
	cp -a "$stock"/var/lib/dkms/mok.* "$tree/"
	[ "$learned" = no ] || cp -a "$stock/var/cache" "$root/var/"
}

# The next build that signs makes a key.
without_key() {
	rm "$tree"/mok.*
}

# Puts one of tests/modules into the source tree as NAME-VERSION: source_of hello [2.0]
source_of() {
	local name=$1 version=${2:-}
	local original
	original=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/tests/modules/$name/dkms.conf")

	version=${version:-$original}
	cp -a --no-preserve=ownership "$top/tests/modules/$name" "$sources/$name-$version"
	find "$sources/$name-$version" -type f \( -name dkms.conf -o -name '*.c' \) \
		-exec sed -i "s/\"$original\"/\"$version\"/" {} +
}

# What makes a module that needs no kernel headers: module_text NAME VERSION
module_text() {
	cat <<-END
		#define INFO __attribute__((section(".modinfo"), used)) static const char
		INFO license[] = "license=GPL";
		INFO version[] = "version=$2";
		INFO srcversion[] = "srcversion=$(echo "$1 $2" | md5sum | head -c 23 | tr a-f A-F)";
		int ${1//[^a-z]/_}_init(void) { return 0; }
		struct module { char before[24], name[56]; };
		struct module module __attribute__((section(".gnu.linkonce.this_module"))) =
			{"", "$1"};
	END
}

# A source that builds in a blink: no kbuild, one compiler call. Lines for its dkms.conf may follow,
# and win: quick_source NAME VERSION [LINE…]
quick_source() {
	local directory=$sources/$1-$2

	mkdir -p "$directory"
	module_text "$1" "$2" >"$directory/$1.c"
	cat >"$directory/dkms.conf" <<-END
		PACKAGE_NAME="$1"
		PACKAGE_VERSION="$2"
		MAKE[0]="gcc -g -c -o $1.ko $1.c"
		BUILT_MODULE_NAME[0]="$1"
		DEST_MODULE_LOCATION[0]="/extra"
		AUTOINSTALL="yes"
	END
	[ $# -le 2 ] || printf '%s\n' "${@:3}" >>"$directory/dkms.conf"
}

# The path of an installed module: installed_path K NAME (Debian's place for all of them).
installed_path() {
	echo "$modules/$1/updates/dkms/$2.ko$(suffix_of "$1")"
}

# Writes a file out as it was before compression.
uncompress() {
	case $1 in
	*.gz) gzip -dc "$1" ;;
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# A field of a module file, compressed or not: module_field FILE FIELD
module_field() {
	modinfo -F "$2" "$1"
}

#
# Running
#

# Runs dkms in the private system; $status, $out and $err are what came of it.
dkms() {
	run "$DKMS" --root "$root" "$@"
}

# Runs any command and keeps its status, stdout (file $out) and stderr (file $err).
run() {
	command=("$@")
	status=0
	(cd "$root/tmp" && TMPDIR=$root/tmp "${command[@]}") >"$out" 2>"$err" </dev/null || status=$?
	# A sanitizer's complaint is a failure, whatever was expected.
	! grep -qE '(Address|Leak|UndefinedBehavior)Sanitizer|: runtime error: ' "$err" ||
		failed 'a sanitizer complained'
}

# Runs dkms and expects success: what the test needs, not what it is about.
given() {
	dkms "$@"
	[ "$status" = 0 ] || failed 'this should have succeeded'
}

#
# Expectations
#

# The line of the test file that called into this library.
where_in_the_test() {
	local depth=0

	while [ "${BASH_SOURCE[depth]}" = "${BASH_SOURCE[0]}" ]; do
		depth=$((depth + 1))
	done
	echo "${BASH_SOURCE[depth]}, line ${BASH_LINENO[depth - 1]}"
}

failed() {
	{
		printf '%s\n' "$*"
		printf '  %s\n' "$(where_in_the_test)"
		printf '  command: %s\n  status: %s\n' "${command[*]:-}" "${status:-}"
		[ ! -s "$out" ] || { echo '  stdout:'; sed 's/^/    /' "$out"; }
		[ ! -s "$err" ] || { echo '  stderr:'; sed 's/^/    /' "$err"; }
	} | sed "s/^/# /" >&3
	exit 1
}

expect_status() {
	[ "$status" = "$1" ] || failed "expected exit status $1"
}

# Exactly these lines on stdout (from stdin).
expect_stdout() {
	diff -u --label expected --label stdout - "$out" >"$case/diff" ||
		failed 'stdout is not what was expected:' "$(printf '\n'; cat "$case/diff")"
}

# These lines on stdout (arguments), each whole, in this order, others between them allowed.
expect_lines() {
	local line wanted=("$@") i=0

	while IFS= read -r line; do
		[ "$i" -lt ${#wanted[@]} ] && [ "$line" = "${wanted[i]}" ] && i=$((i + 1))
	done <"$out"
	[ "$i" = ${#wanted[@]} ] || failed "expected this line on stdout: ${wanted[i]}"
}

expect_no_line() {
	! grep -qE -- "$1" "$out" || failed "expected no line on stdout that matches: $1"
}

# How many lines of stdout match an ERE: expect_count 2 '^Running depmod'
expect_count() {
	local count
	count=$(grep -cE -- "$2" "$out")

	[ "$count" = "$1" ] || failed "expected $1 lines on stdout that match $2, there are $count"
}

# An error on stderr, as errors are shown, and somewhere on it each phrase (a fixed string).
expect_error() {
	local phrase

	grep -B 1 -m 1 '^Error! ..*' "$err" | head -n 1 | grep -qx '' ||
		failed 'expected an empty line and then "Error! …" on stderr'
	for phrase in "$@"; do
		grep -qF -- "$phrase" "$err" || failed "expected on stderr: $phrase"
	done
}

expect_stderr() {
	local phrase

	for phrase in "$@"; do
		grep -qF -- "$phrase" "$err" || failed "expected on stderr: $phrase"
	done
}

expect_no_stderr() {
	[ ! -s "$err" ] || failed 'expected nothing on stderr'
}

expect_no_stdout() {
	[ ! -s "$out" ] || failed 'expected nothing on stdout'
}

expect_file() {
	local path

	for path in "$@"; do
		[ -e "$path" ] || failed "expected to be there: $path"
	done
}

expect_no_file() {
	local path

	for path in "$@"; do
		[ ! -e "$path" ] && [ ! -L "$path" ] || failed "expected not to be there: $path"
	done
}

# A link that holds this or, below the root, leads there without naming the root.
expect_link() {
	local held

	held=$(readlink "$1")
	[ -L "$1" ] && { [ "$held" = "$2" ] ||
		{ [[ $held == ../* ]] && [ "$(realpath -ms "$(dirname "$1")/$held")" = "$2" ]; }; } ||
		failed "expected $1 to be a link to $2, it is $(ls -ld "$1" 2>&1)"
}

expect_equal() {
	[ "$1" = "$2" ] || failed "expected ${3:-the values} to be equal: '$1' and '$2'"
}

# The states, as status tells them (from stdin, exactly): expect_state [M/V …] <<END
expect_state() {
	dkms status "$@"
	expect_status 0
	expect_stdout
}

#
# The whole private system, for comparing: every path's type, mode, owner, link target and content.
# The lock file, the directories for journals, the cache and the key that the first build makes stay
# where they were made, and what is remembered of a failure; nothing else may, but for a failed build's directory, where $passing_over names it.
#
passing_over=

snapshot() {
	(
		cd "$root" || exit
		local mine=(! -path ./var/lib/dkms/.dkms ! -path ./var/lib/dkms/.dkms/lock
			! -path ./var/lib/dkms/.dkms/parts
			! \( -type d -path './var/lib/dkms/.dkms/*' \)
			! -path './var/lib/dkms/mok.*' ! -path './var/lib/dkms/*/*/.failed*'
			! -path './var/lib/dkms/*/*/.evaluated'
			! -path ./var/cache ! -path ./var/cache/dkms ! -path './var/cache/dkms/*'
			! -path "${passing_over:-none}" ! -path "${passing_over:-none}/*")

		find . -mindepth 1 "${mine[@]}" -printf '%p %y %m %U:%G %l\n'
		find . -mindepth 1 -type f "${mine[@]}" -exec sha256sum {} +
	) 2>&1 | sort -k 2
}

remember() {
	snapshot >"$case/before"
}

# Nothing has changed since `remember`.
expect_unchanged() {
	snapshot >"$case/after"
	[ "$(<"$case/before")" != "$(<"$case/after")" ] || return 0
	diff -u --label before --label after "$case/before" "$case/after" >"$case/diff" ||
		failed 'expected the whole system unchanged:' "$(printf '\n'; cat "$case/diff")"
}

# Bad input: dkms with these arguments ends with a status, an error with the phrases, and no trace.
#	refuses STATUS PHRASE… -- ARGUMENT…
refuses() {
	local expected=$1 phrases=()

	shift
	while [ "$1" != -- ]; do
		phrases+=("$1")
		shift
	done
	shift
	remember
	dkms "$@"
	expect_status "$expected"
	expect_error "${phrases[@]}"
	expect_unchanged
}

# The same for a build of M/V that fails on the way: its build directory stays, with make.log.
#	fails_to_build M/V STATUS PHRASE… -- ARGUMENT…
fails_to_build() {
	passing_over=./var/lib/dkms/$1/build
	refuses "${@:2}"
	passing_over=
	expect_file "$tree/$1/build/make.log"
}

#
# The tests of the file
#

# bash calls it for a command that is not there. An expectation whose name has a slip would be met.
command_not_found_handle() {
	echo "$1" >>"${case:-$work}/unknown-commands"
	echo "$1: command not found" >&2
	return 127
}

run_one_test() {
	case=$work/$1
	out=$case/stdout
	err=$case/stderr
	mkdir "$case"
	: >"$out"
	: >"$err"
	make_root "$case/root"
	"$1"
	[ ! -e "$case/unknown-commands" ] ||
		failed "no such command: $(sort -u "$case/unknown-commands")"
}

# The functions that use $K2, by themselves or by way of others.
users_of_two_kernels=()
find_users_of_two_kernels() {
	local name before=-1 use='[$][{]?K2([^0-9a-zA-Z_]|$)' pattern

	pattern=$use
	while [ "${#users_of_two_kernels[@]}" != "$before" ]; do
		before=${#users_of_two_kernels[@]}
		for name in $(compgen -A function); do
			[[ " ${users_of_two_kernels[*]} " != *" $name "* ]] &&
				declare -f "$name" | sed 1d | grep -qE "$pattern" && users_of_two_kernels+=("$name")
		done
		[ ${#users_of_two_kernels[@]} != 0 ] || return 0
		pattern="$use$(printf '|(^|[^a-zA-Z0-9_-])%s([^a-zA-Z0-9_=-]|$)' "${users_of_two_kernels[@]}")"
	done
}

# Ends a test that this machine cannot do: skip REASON
skip() {
	echo "$*" >"$work/skipped"
	exit 0
}

# One function of four runs the program of DKMS, the others the one that tests/run names: take_turns NUMBER
take_turns() {
	[ -z "${DKMS_UNWATCHED:-}" ] || [ $((($1 + DKMS_TEST_TURN) % 4)) = 0 ] || DKMS=$DKMS_UNWATCHED
}

run_tests() {
	local file=${BASH_SOURCE[1]} names name number=0 bad=0 result

	mapfile -t names < <(sed -n 's/^\(test_[a-zA-Z0-9_]*\)() *{.*/\1/p' "$file" |
		{ [ -z "${DKMS_TEST_FUNCTIONS:-}" ] && cat || grep -xF -- "$DKMS_TEST_FUNCTIONS"; })
	echo "1..${#names[@]}"
	if [ -z "$K1" ]; then
		echo 'Bail out! there are no kernel headers: run scripts/install-dependencies check'
		exit 1
	fi
	[ -n "$K2" ] || find_users_of_two_kernels
	find_stock || { echo 'Bail out! the kernels cannot be had, or the program makes no signing key'; exit 1; }
	for name in "${names[@]}"; do
		number=$((number + 1))
		if [[ " ${users_of_two_kernels[*]} " == *" $name "* ]]; then
			name=${name#test_}
			echo "ok $number - ${name//_/ } # SKIP needs two kernels with headers, there is $K1 alone"
			continue
		fi
		if (take_turns "$number" && run_one_test "$name") 3>&1; then
			result=ok
		else
			result='not ok'
			bad=1
		fi
		name=${name#test_}
		[ ! -s "$work/skipped" ] || name="$name # SKIP $(cat "$work/skipped")"
		rm -f "$work/skipped"
		echo "$result $number - ${name//_/ }"
		rm -rf "${work:?}/test_$name"
	done
	return "$bad"
}
