# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# Taking times and memory, and the rows of the table. Needs $root and $program.
#
#	milliseconds COMMAND…		of one run, to a tenth
#	median NUMBER…			the one in the middle
#	median_of RUNS COMMAND…		the median of the milliseconds of so many runs
#	product A B, divided A B	arithmetic, to two digits
#	peak ACTION…			KiB that `dkms ACTION…` and its workers had at most, each
#	row SCENARIO MEASURED GOAL MET	a row of the table
#	at_most A B, at_least A B	"yes" or "no"

milliseconds() {
	local began=${EPOCHREALTIME/./} microseconds

	if ! "$@" >"$root/output" 2>&1; then
		echo "bench: $* failed:" >&2
		tail -n 20 "$root/output" >&2
		return 1
	fi
	microseconds=$((${EPOCHREALTIME/./} - began))
	printf '%d.%d\n' $((microseconds / 1000)) $((microseconds / 100 % 10))
}

median() {
	printf '%s\n' "$@" | sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}

median_of() {
	local runs=$1 taken=() time i

	for ((i = 0; i < runs; i++)); do
		time=$(milliseconds "${@:2}") || return
		taken+=("$time")
	done
	median "${taken[@]}"
}

product() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a * b }'
}

divided() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

at_most() {
	awk -v a="$1" -v b="$2" 'BEGIN { print a <= b ? "yes" : "no" }'
}

at_least() {
	at_most "$2" "$1"
}

row() {
	printf '| %s | %s | %s | %s |\n' "$@"
}

# The highest VmHWM among a process and its children that are dkms.
highest() {
	local children='' child

	read -r children <"/proc/$1/task/$1/children" || :
	for child in "$1" $children; do
		cat "/proc/$child/status" || :
	done | awk '
		/^Name:/ { is_ours = $2 == "dkms" }
		/^VmHWM:/ && is_ours && $2 > most { most = $2 }
		END { print most + 0 }'
} 2>/dev/null

# What ends too soon to be looked at is asked of the system; the rest is looked at all the time,
# since the system would count compilers as well.
peak() {
	local most=0 now process

	"$program" --root "$root" "$@" >/dev/null 2>&1 &
	process=$!
	while [ "$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$process/status" 2>/dev/null)" != Z ] &&
		kill -0 "$process" 2>/dev/null; do
		now=$(highest "$process")
		[ "$now" -le "$most" ] || most=$now
		sleep 0.02
	done
	wait "$process" || return
	echo "$most"
}

# Of an action that starts no other program.
peak_alone() {
	command time -f %M -o "$root/memory" "$program" --root "$root" "$@" >/dev/null
	tail -n 1 "$root/memory"
}
