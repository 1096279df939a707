# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# What making a package of a source of 20 MB takes, beside dpkg-deb alone, with the same compression, on
# a tree with the same files. Needs world.sh and clock.sh, and the kernel's headers.

make_large_source() {
	mkdir -p "$1"
	printf '%s\n' 'PACKAGE_NAME="large"' 'PACKAGE_VERSION="1.0"' 'BUILT_MODULE_NAME="large"' \
		'DEST_MODULE_LOCATION="/extra"' >"$1/dkms.conf"
	(cd /usr/src && find linux-headers-*/ -type f -size +8k -printf '%s %p\n' | LC_ALL=C sort -k 2 |
		awk '{ bytes += $1; if (bytes < 20 * 1024 * 1024) print $2 }' | xargs cp --parents -t "$1")
}

mkdeb_rows() {
	local source=$root/large alone ours=() theirs=() i size

	make_large_source "$source"
	size=$(du -sm --apparent-size "$source" | cut -f 1)
	mkdir -p "$root/tree/usr/src" "$root/tree/DEBIAN"
	cp -r "$source" "$root/tree/usr/src/large-1.0"
	printf '%s\n' 'Package: large' 'Version: 1' 'Architecture: all' 'Maintainer: x <x@x.invalid>' \
		'Description: x' >"$root/tree/DEBIAN/control"
	for ((i = 0; i < ${DKMS_BENCH_TURNS:-3}; i++)); do
		theirs+=("$(milliseconds dpkg-deb --root-owner-group -Zgzip -b "$root/tree" "$root/alone.deb")")
		ours+=("$(milliseconds dkms mkdeb "$source" --output "$root/made")")
	done
	alone=$(median "${theirs[@]}")
	time=$(median "${ours[@]}")
	row "mkdeb of a source of $size MB" "$time ms" '≤ 2000 ms' "$(at_most "$time" 2000)"
	row "… beside dpkg-deb -Zgzip alone ($alone ms)" "$(divided "$time" "$alone") ×" '≤ 1.2 ×' \
		"$(at_most "$(divided "$time" "$alone")" 1.2)"
	memory_row 'that mkdeb' "$(peak mkdeb "$source" --output "$root/made")"
}
