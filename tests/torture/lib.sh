# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What torture is made of: the library of tests/e2e, sources that are "built" by copying, and
# scenarios. A scenario is a system that is prepared, an action, and the states that it may pass:
#
#	prebuilt_source …; given add …		prepare
#	freeze					from here every run begins
#	action install pair/1.0 -k "$K1"
#	may_be 'build pair/1.0 -k K1'		a state on the way, by commands that reach it
#
# The state at the beginning and the one that the action reaches belong to them always.
# DKMS_TORTURE=whole tries every point instead of every 61st, DKMS_TORTURE_STRIDE=N every N-th.

# Where syncing costs nothing, if there is such a place with some room.
if [ "$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)" -gt 300000 ] 2>/dev/null; then
	export TMPDIR=/dev/shm
fi
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

murder=${DKMS_BUILD:-$(dirname "$DKMS")}/tests/torture/murder
stride=${DKMS_TORTURE_STRIDE:-61}
# shellcheck disable=SC2034 # for the tests, too
program=$(realpath "$DKMS")
# Which points a sample takes is the same in every run, until somebody asks for others.
RANDOM=${DKMS_TORTURE_SEED:-1}
# shellcheck disable=SC2034 # for the tests
[ "${DKMS_TORTURE:-}" != whole ] || stride=1

# A package of several modules that takes no compiler to build: prebuilt_source NAME VERSION MODULE…
prebuilt_source() {
	local name=$1 version=$2 directory=$sources/$1-$2 module number=0

	mkdir -p "$directory/prebuilt"
	cat >"$directory/dkms.conf" <<-END
		PACKAGE_NAME="$name"
		PACKAGE_VERSION="$version"
		MAKE[0]="cp -r prebuilt/. ."
		AUTOINSTALL="yes"
	END
	for module in "${@:3}"; do
		prebuilt_module "$module" "$version" "$directory/prebuilt/$module.ko"
		printf 'BUILT_MODULE_NAME[%d]="%s"\nDEST_MODULE_LOCATION[%d]="/extra"\n' \
			"$number" "$module" "$number" >>"$directory/dkms.conf"
		number=$((number + 1))
	done
}

# Stripped: then a strip that fails, which is a warning, leaves the same bytes as one that works.
prebuilt_module() {
	module_text "$1" "$2" | gcc -c -o "$3" -x c -
	strip -g "$3"
}

# A module that no action is about: dkms can be asked to take it out, where it is not.
bystander() {
	prebuilt_source bystander 1.0 bystander
	echo 'AUTOINSTALL=""' >>"$sources/bystander-1.0/dkms.conf"
	given add bystander/1.0
	# The key, which the first build makes, is no part of any scenario.
	given build bystander/1.0 -k "$K2"
	given unbuild bystander/1.0 -k "$K2"
}

# A run that changes nothing of its own, but puts in order what it finds.
put_in_order() {
	given uninstall bystander/1.0 -k "$K2"
}

freeze() {
	bystander
	rm -rf "$case/template"
	cp -a "$root" "$case/template"
	states=0
	add_state
}

reset() {
	rm -rf "$root"
	cp -a "$case/template" "$root"
}

action() {
	the_action=("$@")
	reset
	given "${the_action[@]}"
	add_state
}

# The last state is reached by these commands, with blanks between their words, K1 for the kernel.
may_be() {
	local line words

	reset
	for line in "$@"; do
		read -r -a words <<<"${line//K1/$K1}"
		given "${words[@]}"
	done
	add_state
}

# Times are in logs and in records of evaluations, and directories for journals stay; nothing else may
# differ.
torture_snapshot() {
	(
		cd "$root" || exit
		find . -mindepth 1 ! -path './var/lib/dkms/.dkms/lock' \
			! -path './var/lib/dkms/*/*/.evaluated' \
			! -path ./var/cache ! -path ./var/cache/dkms ! -path './var/cache/dkms/*' \
			! \( -type d -path './var/lib/dkms/.dkms/*' \) -printf '%p %y %m %U:%G %l\n'
		find . -type f ! -name make.log ! -name lock ! -name .evaluated \
			! -path './var/cache/dkms/*' -print0 | xargs -0 -r sha256sum
	) 2>&1 | sort
}

add_state() {
	states=$((states + 1))
	torture_snapshot >"$case/state.$states"
	view >"$case/view.$states"
	expect_modules_dep
}

# What readers see: each module's state. What status remarks on files besides is true of the
# instant, and may well be neither what was nor what will be.
view() {
	given status
	sed 's/ (.*)$//' "$out"
}

# What depmod would write now is what is there.
expect_modules_dep() {
	depmod -n -b "$root" "$K1" 2>/dev/null | sed '/^# /q' | grep '^[^#]' | sort >"$case/due"
	sort "$modules/$K1/modules.dep" | diff "$case/due" - >"$case/diff" ||
		failed "modules.dep is not of the files that are there: $(cat "$case/diff")"
}

# The number of the state that the file $1 is equal to, of the files $2.1, $2.2 …
state_like() {
	local i

	for ((i = 1; i <= states; i++)); do
		! cmp -s "$1" "$2.$i" || { echo "$i"; return; }
	done
	return 1
}

describe_difference() {
	local i

	for ((i = 1; i <= states; i++)); do
		printf '%s\n' "compared with state $i:"
		diff "$2.$i" "$1" | head -n 30
	done
}

# Runs the action under the killer: under_murder OPTION…. $victim is the call that it was.
under_murder() {
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 \
		run "$murder" "$@" -o "$case/murder" "$DKMS" --root "$root" "${the_action[@]}"
	[ "$status" != 77 ] || { echo '# SKIP tracing is not allowed here' >&3; exit 0; }
	# shellcheck disable=SC2034 # for the tests
	{ read -r calls; read -r victim; } <"$case/murder"
}

# The system is in one of the states, wholly: $state tells in which.
expect_a_state() {
	torture_snapshot >"$case/now"
	state=$(state_like "$case/now" "$case/state") ||
		failed "after \"$victim\" (${point:-}): $1" "$(describe_difference "$case/now" "$case/state")"
}

expect_a_view() {
	view >"$case/seen"
	state_like "$case/seen" "$case/view" >/dev/null ||
		failed "after \"$victim\" ($point) readers see neither the old nor the new" \
			"$(cat "$case"/view.*)"
}

# The action, once more, leads where it always leads.
expect_the_end() {
	[ "$state" != 2 ] || return 0
	given "${the_action[@]}"
	torture_snapshot >"$case/now"
	diff "$case/state.2" "$case/now" >"$case/diff" ||
		failed "after \"$victim\" ($point) the same once more leads elsewhere:" \
			"$(cat "$case/diff")"
}

# What a failed build leaves for its user to read is not part of the state.
forget_failed_build() {
	rm -rf "$tree"/*/*/build
}

# The error names a path, unless the file is in memory, and the kernel's reason, not a library's word for any.
expect_explained() {
	grep -q '^Error! ' "$err" && { [[ $victim == *' /memfd:'* ]] || grep -q / "$err"; } ||
		failed "\"$victim\" ($point, $failure) failed: expected an error with a path"
	! grep -q 'Operation canceled' "$err" || failed "\"$victim\" ($point, $failure) failed: expected its reason"
}

# Lets each call of dkms's own that can be seen on disk, or each of a sample, fail once.
fail_at_every_point() {
	local point failure tried=0 tolerated=0
	local failures=(28 5 30 13 122 24) # ENOSPC EIO EROFS EACCES EDQUOT EMFILE

	for ((point = 1 + RANDOM % stride; ; point += stride)); do
		failure=${failures[point % ${#failures[@]}]}
		reset
		under_murder -s -p "$program" -f "$point" "$failure"
		[ -n "$victim" ] || break
		if [ "$status" = 0 ]; then
			tolerated=$((tolerated + 1))
		else
			expect_explained
			forget_failed_build
		fi
		cp "$err" "$case/said"
		succeeded=$status
		expect_a_view
		put_in_order
		expect_a_state "nothing half done may be left; it had said: $(cat "$case/said")"
		[ "$succeeded" != 0 ] || [ "$state" = 2 ] || cmp -s "$case/state.1" "$case/state.2" ||
			failed "\"$victim\" ($point, $failure) failed, the action did not happen, and ended with 0"
		tried=$((tried + 1))
	done
	echo "# ${the_action[*]}: $tried of $calls calls failed, $tolerated times without harm" >&3
}

# Kills the action before each call that can be seen on disk, or each of a sample.
murder_at_every_point() {
	local point tried=0 old=0

	for ((point = 1 + RANDOM % stride; ; point += stride)); do
		reset
		under_murder -k "$point"
		[ "$status" = 137 ] || break
		expect_a_view
		put_in_order
		expect_a_state 'nothing half done may be left'
		[ "$state" = 2 ] || old=$((old + 1))
		expect_the_end
		tried=$((tried + 1))
	done
	expect_status 0
	echo "# ${the_action[*]}: $tried of $calls kill points, $old times not done, $((tried - old)) times done" >&3
}
