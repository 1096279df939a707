# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# What `status` takes with many modules that are installed for many kernels: trees made of copies of
# one module that was built. Needs world.sh and clock.sh, and $root/built, what the tree keeps of a build.

# fabricate TREE MODULES KERNELS: a tree (below $root) with mod0/1.0 …, each installed for the first
# KERNELS of 9.9.0 …. Installed modules that are there already stay.
fabricate() {
	local tree=$root$1 modules=$2 kernels=$3 template=$root/template i

	rm -rf "$template" "$tree"
	mkdir -p "$template/1.0" "$tree"
	for ((i = 0; i < kernels; i++)); do
		cp -a "$root/built" "$template/1.0/9.9.$i"
		ln -s "1.0/9.9.$i/$machine" "$template/kernel-9.9.$i-$machine"
	done
	for ((i = 0; i < modules; i++)); do
		rename_built "$template" "mod$i"
		cp -a "$template" "$tree/mod$i"
		ln -s "../../../../../usr/src/mod$i-1.0" "$tree/mod$i/1.0/source"
		[ -e "$root/mnt/src/mod$i-1.0" ] || fabricate_source "mod$i"
	done
	install_copies 9.9.0 "$modules"
	for ((i = 1; i < kernels; i++)); do
		[ -d "$root/mnt/modules/9.9.$i" ] || add_kernel "9.9.$i"
		cp -a --no-clobber "$root/mnt/modules/9.9.0/updates" "$root/mnt/modules/9.9.$i/"
	done
}

# The modules of the template, whatever they were called, get a name.
rename_built() {
	local file

	for file in "$1"/1.0/*/*/module/*.ko; do
		mv "$file" "${file%/*}/$2.ko"
		echo "updates/dkms/$2.ko" >"${file%/module/*}/.installed"
		touch "${file%/module/*}/.package" # as if it had been written after the module
	done
}

fabricate_source() {
	local directory=$root/mnt/src/$1-1.0

	mkdir "$directory"
	printf '%s\n' "PACKAGE_NAME=\"$1\"" 'PACKAGE_VERSION="1.0"' "BUILT_MODULE_NAME=\"$1\"" \
		'DEST_MODULE_LOCATION="/extra"' 'AUTOINSTALL="no"' >"$directory/dkms.conf"
}

install_copies() {
	local directory=$root/mnt/modules/$1/updates/dkms i

	[ -d "$root/mnt/modules/$1" ] || add_kernel "$1"
	mkdir -p "$directory"
	for ((i = 0; i < $2; i++)); do
		[ -e "$directory/mod$i.ko" ] || cp "$built" "$directory/mod$i.ko"
	done
}

# That a tree is what it should be: as many lines as it says, all installed, none different; and
# that a difference of one bit would be seen.
assert_all_installed() {
	local changed=$root/mnt/modules/9.9.0/updates/dkms/mod0.ko

	[ "$(dkms --dkmstree "$root$1" status | grep -c ': installed$')" = "$2" ] || return
	printf '!' | dd of="$changed" bs=1 seek=500 conv=notrunc status=none
	[ "$(dkms --dkmstree "$root$1" status | grep -c ': installed (Differences')" = 1 ] || return
	cp "$built" "$changed"
}

status_rows() {
	local all one memory theirs scaled

	fabricate /var/lib/hundred 100 10
	assert_all_installed /var/lib/hundred 1000
	all=$(median_of 11 dkms --dkmstree "$root/var/lib/hundred" status)
	one=$(median_of 11 dkms --dkmstree "$root/var/lib/hundred" status mod7/1.0)
	memory=$(peak_alone --dkmstree "$root/var/lib/hundred" status)
	row 'status, 100 modules × 10 kernels, contents compared' "$all ms" '≤ 30 ms' \
		"$(at_most "$all" 30)"
	row 'status of one module there' "$one ms" '≤ 3 ms' "$(at_most "$one" 3)"
	memory_row 'status of 100 × 10' "$memory"
	if $has_rival; then
		fabricate /var/lib/few 5 2
		theirs=$(median_of 3 rival --dkmstree /var/lib/few status)
		scaled=$(product "$theirs" 100)
		row "the rival's status of 5 × 2: $theirs ms; × 100" \
			"$(divided "$scaled" "$all") × as long as ours" '≥ 1000 ×' \
			"$(at_least "$(divided "$scaled" "$all")" 1000)"
	fi
}

growth_of_status() {
	local count first='' time each

	for count in 10 100 1000; do
		fabricate "/var/lib/growth$count" "$count" 1
		time=$(median_of 7 dkms --dkmstree "$root/var/lib/growth$count" status)
		each=$(divided "$time" "$count")
		: "${first:=$each}"
		row "status, $count modules × 1 kernel" "$time ms, $each ms each" 'flat' \
			"$(at_most "$each" "$first")"
	done
}
