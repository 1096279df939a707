#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC1087,SC1090,SC2034,SC2154 # sources what it is given; names are made by eval
#
# Both passes over many small generated files in one process, without a fork for each.
#
# Usage: batch.bash DIRECTORY FIRST END NAME...
# Evaluates DIRECTORY/FIRST.conf and so on, up to that before END. Prints NAME[i]=value fields, a NUL
# after each, and an empty field after each file. Some errors end bash: then the output is
# short, and the caller goes on with the next file.

shopt -s extglob
directory=$1
first=$2
end=$3
shift 3
names=("$@")

# A word that was made up may be the name of this program, which never ends.
yes() {
	return 127
}

write_out() {
	lines+="$*"$'\n'
}

pass_one() {
	. "$1" > /dev/null
	local name index indices
	for name in "${names[@]}"; do
		eval "indices=(\${!$name[@]})"
		for index in "${indices[@]}"; do
			eval "write_out $name[$index]=\\\"\${$name[$index]%\$'\\r'}\\\""
		done
	done
}

forget() {
	unset -v a b c d i l m n q w0 w1 w2 w3 w4 unset_one BASH_REMATCH "${names[@]}"
	unset -f f g
	kernelver=6.1.0-55-amd64
	arch=x86_64
	module=
}

pass_two() {
	local name index indices element
	eval "$lines" > /dev/null
	for name in "${names[@]}"; do
		eval "indices=(\"\${!$name[@]}\")"
		for index in "${indices[@]}"; do
			element="$name[$index]"
			printf '%s=%s\0' "$element" "${!element}"
		done
	done
	printf '\0'
}

for ((case_number = first; case_number < end; case_number++)); do
	lines=
	forget
	pass_one "$directory/$case_number.conf"
	forget
	pass_two
done
