# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of everything that is installed beside the program are made of. A test file
# sources this, says `plan N`, and calls `check WHAT COMMAND…` N times.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

DKMS=$(realpath "${DKMS:-build/sanitized/dkms}")
export DKMS
# shellcheck disable=SC2034 # for the tests
build=${DKMS_BUILD:-$(dirname "$DKMS")}
number=0
work=$(mktemp -d "${TMPDIR:-/tmp}/dkms-packaging.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Makes the package as its maintainer does: its build, which runs tests of its own, knows nothing of this
# run. make_package deb|rpm
make_package() {
	(unset MAKEFLAGS MFLAGS MAKELEVEL "${!DKMS@}" && make --no-print-directory "$1")
}

plan() {
	echo "1..$1"
}

# check WHAT COMMAND…: one line of TAP; what a failing command printed goes before it.
check() {
	number=$((number + 1))
	if "${@:2}" >"$work/check" 2>&1; then
		echo "ok $number - $1"
	else
		tail -n 200 "$work/check" | sed 's/^/# /'
		echo "not ok $number - $1"
	fi
}

# skip WHAT REASON
skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# same_words WHAT WANTED ACTUAL: two lists of words, in any order; says which are too few or many.
same_words() {
	local wanted actual

	wanted=$(tr -s ' \t\n' '\n' <<<"$2" | sort -u)
	actual=$(tr -s ' \t\n' '\n' <<<"$3" | sort -u)
	[ "$(wc -l <<<"$wanted")" -gt 1 ] || { echo "$1: there is nothing to compare with"; return 1; }
	[ "$wanted" = "$actual" ] && return
	echo "$1: < is missing, > is too much"
	diff <(echo "$wanted") <(echo "$actual")
	return 1
}

#
# What the program's own tables say
#

settings_of_program() {
	sed -n 's/^\tX(\([a-z_]*\),.*/\1/p' src/model/settings_table.h
}

help_actions() {
	"$DKMS" --help | sed -n '/^Actions:/,/^$/s/^  \([a-z_-]*\).*/\1/p'
}

help_options() {
	"$DKMS" --help | sed -n '/^Options:/,/^$/s/^ .*\(--[a-z_-]*\).*/\1/p' | sort -u
}

# Long and short ones, "--quiet" and "-q".
help_options_and_letters() {
	help_options
	"$DKMS" --help | sed -n '/^Options:/,/^$/s/^  \(-[a-zA-Z]\),.*/\1/p'
}
