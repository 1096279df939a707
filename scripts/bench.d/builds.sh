# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# What builds take beside bare make over the same sources, in turns, so that the ratio holds on a busy
# machine. Needs world.sh and clock.sh. No build is taken from the cache of builds.

turns=${DKMS_BENCH_TURNS:-3}

# Copies of the sources for bare make, for each of the releases: copy_sources COPIES NAME…
copy_sources() {
	local name i

	rm -rf "$root/bare"
	mkdir "$root/bare"
	for name in "${@:2}"; do
		for ((i = 0; i < $1; i++)); do
			cp -a "$root/mnt/src/$name-1.0" "$root/bare/$name.$i"
		done
	done
}

bare_make() {
	find "$root/bare" -mindepth 1 -maxdepth 1 -print0 |
		xargs -0 -P"$(nproc)" -I{} env -u MAKEFLAGS -u MAKELEVEL make -s -C "/usr/src/linux-headers-$release" M={} modules
}

# What both took in one turn, and at the end the medians: $ours, $bare, and $ratio, that of the turns'
# ratios, as a machine that is slower for a minute is so for both.
begin_turns() {
	mine=() theirs=() ratios=()
}
note_turn() {
	mine+=("$1")
	theirs+=("$2")
	ratios+=("$(divided "$1" "$2")")
}
end_turns() {
	ours=$(median "${mine[@]}")
	bare=$(median "${theirs[@]}")
	ratio=$(median "${ratios[@]}")
}

# beside_make TURNS COPIES "NAME…" ACTION…: every other turn bare make goes first.
beside_make() {
	local turn names

	read -ra names <<<"$3"
	begin_turns
	for ((turn = 0; turn < $1; turn++)); do
		clear_builds >/dev/null 2>&1
		copy_sources "$2" "${names[@]}"
		((turn % 2 == 0)) || bare=$(milliseconds bare_make)
		ours=$(milliseconds dkms "${@:4}")
		((turn % 2 == 1)) || bare=$(milliseconds bare_make)
		note_turn "$ours" "$bare"
	done
	end_turns
}

ratio_row() {
	local each=''

	[ ${#ratios[@]} = 1 ] || each=" (${ratios[*]})"
	row "$1" "$ours ms, bare make $bare ms: $ratio ×$each" "≤ $2 ×" "$(at_most "$ratio" "$2")"
}

# Into a kernel with all its modules: depmod, once or for every module, takes what it really takes.
autoinstall_rows() {
	take_modules "$release"
	beside_make "$turns" 1 "${sources[*]}" autoinstall -k "$release"
	ratio_row "autoinstall of ${#sources[@]} modules" 0.80
	! $has_rival || rival_autoinstall "$ours"
	echo 'remember_probes=no' >"$root/etc/dkms/framework.conf"
	beside_make "$turns" 1 "${sources[*]}" autoinstall -k "$release"
	rm "$root/etc/dkms/framework.conf"
	ratio_row 'the same without remembered probes' 1.05
	clear_builds >/dev/null 2>&1
	memory_row 'autoinstall' "$(peak autoinstall -k "$release")"
	record_row
}

# What dkms timeline and dkms why are told costs: as the program says of a run of all modules.
record_row() {
	local whole record

	clear_builds >/dev/null 2>&1
	whole=$(milliseconds dkms autoinstall -k "$release" --debug)
	record=$(sed -n 's/^The record of this run took \([0-9]*\) µs\.$/\1/p' "$root/output")
	record=$(divided "${record:-0}" 1000)
	row 'the record of that run' "$record ms of $whole ms" '≤ 1 %' \
		"$(at_most "$(product "$record" 100)" "$whole")"
}

# The rival installs them in a tree of its own.
rival_autoinstall() {
	local theirs share name

	clear_builds >/dev/null 2>&1
	mkdir -p "$root/var/lib/rival"
	for name in "${sources[@]}"; do
		rival --dkmstree /var/lib/rival add "$name/1.0" >/dev/null
	done
	theirs=$(milliseconds rival --dkmstree /var/lib/rival autoinstall -k "$release")
	[ "$(rival --dkmstree /var/lib/rival status | grep -c ': installed')" = ${#sources[@]} ]
	rm -rf "$root/var/lib/rival" "$root/mnt/modules/$release/updates"
	share=$(divided "$theirs" "$1")
	row "the rival's autoinstall of them" "$theirs ms: $share × as long as ours" '≥ 5 ×' \
		"$(at_least "$share" 5)"
}

# The sources that are added are the first so many of those there are; more are made as needed.
growth_of_autoinstall() {
	local added=5 count first='' each name

	clear_builds >/dev/null 2>&1
	for name in "${sources[@]:added}"; do
		dkms remove "$name/1.0" --all >/dev/null
	done
	for count in 5 20 80; do
		clear_builds "${sources[@]:0:added}" >/dev/null 2>&1
		for (( ; added < count; added++)); do
			if [ "$added" -lt ${#sources[@]} ]; then
				dkms add "${sources[added]}/1.0" >/dev/null
			else
				add_source "hello$added" >/dev/null
			fi
		done
		ours=$(milliseconds dkms autoinstall -k "$release")
		each=$(divided "$ours" "$count")
		: "${first:=$each}"
		row "autoinstall of $count" "$ours ms, $each ms each" 'flat' \
			"$(at_most "$each" "$first")"
	done
}

# A package's own commands, in a copy of its source, as dkms runs them: without -j, for they do not
# begin with make. run_make DIRECTORY
run_make() (
	unset MAKELEVEL MAKEFLAGS
	kernelver=$release
	cd "$1" || return
	# shellcheck source=/dev/null
	. ./dkms.conf
	eval "${MAKE[0]}"
)

# Debian's dahdi: 32 modules, two makes one after the other, which find the kernel by themselves.
dahdi_rows() {
	local packages=$top/build/packages id turn

	"$top/scripts/fetch-package" dahdi-dkms "$packages" >/dev/null || return 0
	cp -a "$packages"/dahdi-dkms/usr/src/dahdi-* "$root/mnt/src/"
	id=$(basename "$root"/mnt/src/dahdi-*)
	id=dahdi/${id#dahdi-}
	dkms add "$id" >/dev/null
	begin_turns
	for ((turn = 0; turn < turns; turn++)); do
		rm -rf "$root/bare" "$root/var/cache/dkms/builds"
		cp -a "$root/mnt/src/${id/\//-}" "$root/bare"
		ours=$(milliseconds dkms build "$id" -k "$release")
		dkms unbuild "$id" --all >/dev/null
		bare=$(milliseconds run_make "$root/bare")
		note_turn "$ours" "$bare"
	done
	end_turns
	ratio_row "a big package ($id), beside its own commands" 1.02
	dkms remove "$id" --all >/dev/null
}

# The kernels differ by name only, so that one build may serve several of them unless abi_reuse=no.
four_kernels_rows() {
	local kernels=() i

	for ((i = 0; i < 4; i++)); do
		add_kernel "$release-copy$i"
		kernels+=(-k "$release-copy$i")
	done
	echo 'abi_reuse=no' >"$root/etc/dkms/framework.conf"
	beside_make "$turns" 4 hello0 install hello0/1.0 "${kernels[@]}"
	rm "$root/etc/dkms/framework.conf"
	ratio_row 'one module for 4 kernels, each compiled' 1.05
	clear_builds >/dev/null 2>&1
	ours=$(milliseconds dkms install hello0/1.0 "${kernels[@]}")
	row 'the same, with abi_reuse as it comes' \
		"$ours ms, bare make $bare ms: $(divided "$ours" "$bare") ×" '' ''
}
