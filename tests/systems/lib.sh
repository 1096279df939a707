# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What tests of whole Debian systems share, beyond tests/boot/lib.sh, which this sources. The systems are
# directories below build/systems, made by debootstrap and apt; nothing of them touches this machine.
#
#	system_base RELEASE NAME PACKAGE…	$base: a system of a release (bookworm, trixie) with packages. It is
#						made once, and kept while the list of packages is the same
#	package_of_dkms RELEASE			$deb: our package, made in that release from this checkout
#	system_copy BASE			$copy: a copy to keep changes in; it goes with the test
#	in_debian [--keep] [--bind A=B] BASE SCRIPT [ARG…]	runs a bash script in a system; $case/shared is seen as /shared. Its
#						changes are gone afterwards, or kept (for copies). $status, $out, $err
#	boot_system TREE KERNEL-WORD…		QEMU boots the tree from an ext4 disk by its newest kernel and that
#						one's own initramfs; what the console said is in $console
#	first_process TREE SCRIPT		makes /sbin/first of a tree, for init=/sbin/first: the script runs as
#						the only process of the system and says `TEST …` lines
. "$(dirname "${BASH_SOURCE[0]}")/../boot/lib.sh"

systems=$(realpath -m "$top/build/systems")
copies=$systems/copies.$$
trap 'rm -rf "$work" "$copies"' EXIT
# A whole system takes its time in software.
boot_seconds=${DKMS_BOOT_TIMEOUT:-600}

systems_are_possible() {
	[ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null && unshare --mount --pid --fork true 2>/dev/null
}

skip_without_systems() {
	systems_are_possible && return
	echo '1..0 # SKIP it takes root, namespaces and debootstrap (scripts/install-dependencies apt)'
	exit 0
}

# A half-made system has no list of packages yet.
is_made() {
	[ -d "$1" ] && [ "$(cat "$1.packages" 2>/dev/null)" = "${*:2}" ]
}

make_system() {
	local release=$1 directory=$2

	! is_made "$directory" "${@:3}" || return 0
	rm -rf "$directory.packages" "${directory:?}"
	"$top/scripts/debian-root" make --release "$release" "$directory" "${@:3}" >"$directory.log" 2>&1 ||
		return
	echo "${*:3}" >"$directory.packages"
}

system_base() {
	base=$systems/$1-$2
	mkdir -p "$systems"
	! is_made "$base" "${@:3}" || return 0
	if ! (flock 9 && make_system "$1" "$base" "${@:3}") 9>"$systems/.lock"; then
		cp "$base.log" "$err"
		failed "the system $base cannot be made; its log ends so:" "$(tail -n 5 "$base.log")"
	fi
}

in_debian() {
	local options=()

	while [[ $1 == --* ]]; do
		options+=("$1")
		[ "$1" != --bind ] || { options+=("$2"); shift; }
		shift
	done
	mkdir -p "$case/shared"
	# Its temporary directory is its own.
	run env -u TMPDIR "$top/scripts/debian-root" enter "${options[@]}" --bind "$case/shared=/shared" "$1" \
		bash -c "$2" bash "${@:3}"
}

system_copy() {
	local directory

	for directory in "$systems"/copies.*; do
		[ -d "/proc/${directory##*.}" ] || rm -rf "$directory"
	done
	mkdir -p "$copies"
	copy=$(mktemp -d "$copies/XXXXXX")
	cp -a --reflink=auto "$1/." "$copy"
}

# What building our package takes, as debian/control says.
build_dependencies() {
	sed -n '/^Build-Depends:/,/^[A-Z].*:/p' "$top/debian/control" |
		sed -nE 's/^(Build-Depends:)? +([a-z0-9.+-]+).*/\2/p' | sed 's/^debhelper-compat$/debhelper/'
}

package_of_dkms() {
	# Of each checkout: what another one compiled may be newer than what has changed in this one.
	local place
	place=$systems/$1-dkms-$(echo "$top" | md5sum | head -c 8)

	# shellcheck disable=SC2046 # words
	system_base "$1" builder build-essential $(build_dependencies)
	mkdir -p "$place" "$case/shared"
	if ! (flock 9 && make_package_of_dkms "$place") 9>"$place.lock"; then
		failed 'our package cannot be made; its log ends so:' "$(tail -n 20 "$place.log")"
	fi
	# shellcheck disable=SC2034 # for the tests
	deb=$case/shared/dkms.deb
	cp "$place"/build/dkms_*.deb "$deb"
}

sources_of_dkms() {
	tar --create --sort=name --exclude-vcs --exclude=./build --exclude=./tests --directory "$top" .
}

# The sources are copied over the last ones, so that what has not changed is not compiled again.
make_package_of_dkms() {
	local place=$1 digest

	digest=$(sources_of_dkms | sha256sum)
	[ "$(cat "$place.digest" 2>/dev/null)" != "$digest" ] || return 0
	rm -f "$place.digest"
	tar --create --exclude-vcs --exclude=./build --directory "$top" . | tar --extract --directory "$place" &&
		"$top/scripts/debian-root" enter --bind "$place=/mnt/checkout" "$base" env DEB_BUILD_OPTIONS=nocheck \
			/mnt/checkout/scripts/make-package deb >"$place.log" 2>&1 &&
		echo "$digest" >"$place.digest"
}

first_process() {
	cat >"$1/sbin/first" <<-END
		#!/bin/bash
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		$2
		echo 'TEST done'
		sync
		echo o >/proc/sysrq-trigger
		sleep 60
	END
	chmod +x "$1/sbin/first"
}

# A system's disk, a file: system_disk TREE FILE
system_disk() {
	local size

	size=$(du -sm --apparent-size "$1" | cut -f 1)
	rm -f "$2"
	mkfs.ext4 -q -d "$1" "$2" "$((size * 3 / 2 + 200))M" || failed 'the disk cannot be made'
}

# Whether it came to its end is the test's to ask: came_up, stayed_down.
boot_system() {
	local tree=$1 disk=$copies/disk release

	mkdir -p "$copies"
	release=$(find "$tree/boot" -name 'vmlinuz-*' -printf '%f\n' | sed 's/^vmlinuz-//' | sort -V | tail -n 1)
	system_disk "$tree" "$disk"
	# shellcheck disable=SC2154 # of tests/boot/lib.sh
	qemu -m 1024 -kernel "$tree/boot/vmlinuz-$release" -initrd "$tree/boot/initrd.img-$release" \
		-drive "file=$disk,format=raw,if=virtio" -append "$kernel_words panic=1 rw ${*:2}"
	rm -f "$disk"
}

came_up() {
	said '^TEST done$'
}

stayed_down() {
	not_said '^TEST'
}
