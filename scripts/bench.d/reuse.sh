# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# What an update of the kernel takes that changes nothing that modules use: ten modules that are
# installed for a kernel are installed for the next one, which exports the same. The two are Debian's own
# (scripts/kernel-pair), with all modules of the newer one, so that depmod takes what it takes. Needs
# world.sh and clock.sh; without such a pair, or without namespaces, there is no row.

older='' newer='' pair_headers=''

# Sets the above.
find_pair() {
	local other

	[ "$(id -u)" = 0 ] || return 1
	read -r older newer other < <("$top/scripts/kernel-pair" "$top/build/headers") || return 1
	[ -n "$other" ] || return 1
	pair_headers=$top/build/headers/$older:$top/build/headers/$newer
	"$top/scripts/fetch-kernel" "$newer" "$top/build/kernels" \
		"$top/build/headers/$newer/linux-headers-$newer" >/dev/null
}

# Both programs as if they were installed: in_the_system PROGRAM TREE ARGUMENT…
in_the_system() {
	DKMS_PRIVATE_HEADERS=$pair_headers "$top/scripts/private-root" enter "$root" \
		"$1" --dkmstree "$2" "${@:3}"
}

# The modules of the newer kernel are in its directory, those of the older one do not matter.
add_pair() {
	local kernel

	for kernel in "$older" "$newer"; do
		[ -d "$root/mnt/modules/$kernel" ] || add_kernel "$kernel"
		ln -sfn "/usr/src/linux-headers-$kernel" "$root/mnt/modules/$kernel/build"
	done
	take_modules "$newer"
}

# Ten modules are installed for the older kernel; then for the newer, RUNS times from the same
# beginning. Sets $taken to the median: update PROGRAM TREE RUNS
update() {
	local times=() name time i

	mkdir -p "$root$2"
	for name in "${sources[@]:0:10}"; do
		in_the_system "$1" "$2" add "$name/1.0"
	done >/dev/null
	in_the_system "$1" "$2" autoinstall -k "$older" >/dev/null 2>&1
	cp -a "$root$2" "$root$2.before"
	for ((i = 0; i < $3; i++)); do
		rm -rf "${root:?}$2" "$root/mnt/modules/$newer/updates"
		cp -a "$root$2.before" "$root$2"
		time=$(milliseconds in_the_system "$1" "$2" autoinstall -k "$newer")
		times+=("$time")
		[ "$(in_the_system "$1" "$2" status -k "$newer" | grep -c ': installed')" = 10 ]
	done
	rm -rf "$root"/mnt/modules/{"$older","$newer"}/updates
	taken=$(median "${times[@]}")
}

reuse_rows() {
	local depmod ours

	find_pair || return 0
	add_pair
	cp "$program" "$root/ours"
	update /ours /var/lib/successive "$turns"
	ours=$taken
	depmod=$(milliseconds depmod -b "$root" "$newer")
	row "10 modules for $newer, installed for $older (depmod alone takes $depmod ms)" \
		"$ours ms" '≤ 1000 ms' "$(at_most "$ours" 1000)"
	$has_rival || return 0
	update /rival /var/lib/successive-rival 1
	row "the rival's: $taken ms" "$(divided "$taken" "$ours") × as long as ours" '≥ 40 ×' \
		"$(at_least "$(divided "$taken" "$ours")" 40)"
}
