# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Three of Debian's own kernels, of which the second exports other symbols than the first, and the third
# exactly what the second does, in systems in which dkms finds headers, sources and its tree where they
# are if it is installed. For tests that have sourced tests/e2e/lib.sh.
#
#	pick_kernels		sets $first, $second and $third to releases, or ends the test file
#	make_system		a system with the three: $system; from then on `dkms` runs in it
#	add_package NAME	downloads Debian's NAME-dkms and adds its module
#	add_own NAME		the same for one of tests/modules
#
# $needed_modules of Debian's are there in every kernel's directory; $watched is a command to run
# dkms by.

needed_modules=()
watched=()

pick_kernels() {
	local picked wrong=0

	[ "$(id -u)" = 0 ] || { echo '1..0 # SKIP only root can have mounts of its own'; exit 0; }
	picked=$("$top/scripts/kernel-pair" "$top/build/headers") || wrong=$?
	[ "$wrong" != 3 ] || { echo "1..0 # SKIP $picked"; exit 0; }
	[ "$wrong" = 0 ] || { echo 'Bail out! the headers of successive kernels cannot be had'; exit 1; }
	read -r second third first <<<"$picked"
	"$top/scripts/fetch-kernel" "$third" "$top/build/kernels" \
		"$top/build/headers/$third/linux-headers-$third" >&2 ||
		{ echo "Bail out! the kernel $third cannot be had"; exit 1; }
}

make_system() {
	local release

	system=$case/system
	"$top/scripts/private-root" make "$system"
	chmod 755 "$system" # a build is not root
	mkdir "$system/program"
	cp "$DKMS" "$(dirname "$DKMS")"/{compiler,make}-front "$system/program"
	sources=$system/mnt/src
	headers=
	for release in "$first" "$second" "$third"; do
		headers+=${headers:+:}$top/build/headers/$release
		add_kernel "$release"
	done
}

# Everything in its directory but the headers is the third one's.
add_kernel() {
	local directory=$system/mnt/modules/$1 kernel=$top/build/kernels/$third name

	mkdir -p "$directory"
	ln -s "/usr/src/linux-headers-$1" "$directory/build"
	cp "$kernel/lib/modules/$third"/modules.{order,builtin,builtin.modinfo} "$directory/"
	for name in "${needed_modules[@]}"; do
		modprobe -d "$kernel" -S "$third" --show-depends "$name"
	done | sed -n "s,^insmod $kernel/lib/modules/$third/\([^ ]*\).*,\1,p" | sort -u |
		(cd "$kernel/lib/modules/$third" && xargs -r cp --parents -t "$directory")
	"$top/scripts/private-root" enter "$system" depmod "$1"
}

add_package() {
	local directory

	"$top/scripts/fetch-package" "$1-dkms" "$top/build/packages" >&2 ||
		failed "$1-dkms cannot be had"
	directory=$(dirname "$top/build/packages/$1-dkms/usr/src"/*/dkms.conf)
	cp -a "$directory" "$sources/"
	given add "/usr/src/$(basename "$directory")"
}

add_own() {
	local directory

	source_of "$1"
	directory=$(echo "$sources/$1"-*)
	echo 'AUTOINSTALL="yes"' >>"$directory/dkms.conf"
	given add "/usr/src/$(basename "$directory")"
}

dkms() {
	run env "DKMS_PRIVATE_HEADERS=$headers" "${watched[@]}" \
		"$top/scripts/private-root" enter "$system" /program/dkms "$@"
}
