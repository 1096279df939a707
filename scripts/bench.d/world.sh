# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# The private system of the bench: a root directory that this dkms takes with --root, and in which
# the rival runs as if it were installed. Needs $top, $program, $root and $release, a kernel that has
# headers.
#
#	make_world			makes $root
#	add_kernel NAME			a kernel with that name and the headers of $release
#	take_modules NAME		all modules of that kernel, from build/kernels
#	add_source NAME			tests/modules/hello as NAME/1.0, unlike the others, and added
#	clear_builds [NAME…]		no source (of these) is built, and no build is remembered
#	fetch_rival			takes Debian's dkms, if it can be had
#	dkms …, rival …			run them
#	$has_rival, $sources, $built, $machine	what was fetched and added; where a built module is kept

has_rival=false sources=() built=$root/built.ko machine=$(uname -m)

make_world() {
	"$top/scripts/private-root" make "$root"
	chmod 755 "$root" # a build is not root
	rm "$root/etc/os-release"
	cp -L /etc/os-release "$root/etc/"
	ln -s ../mnt/src "$root/usr/src"
	mkdir "$root/usr/lib"
	ln -s ../../mnt/modules "$root/usr/lib/modules"
	add_kernel "$release"
}

add_kernel() {
	local directory=$root/mnt/modules/$1 name

	mkdir "$directory"
	: >"$directory/vmlinuz" # or the kernel counts as removed once no module is left
	ln -s "/usr/src/linux-headers-$release" "$directory/build"
	for name in order builtin builtin.modinfo; do
		: >"$directory/modules.$name"
	done
	depmod -b "$root" "$1"
}

# Hard links, as nothing writes to them.
take_modules() {
	local modules=$top/build/kernels/$1/lib/modules/$1

	[ ! -d "$root/mnt/modules/$1/kernel" ] || return 0
	cp -al "$modules/kernel" "$root/mnt/modules/$1/" 2>/dev/null ||
		cp -a "$modules/kernel" "$root/mnt/modules/$1/"
	depmod -b "$root" "$1"
}

add_source() {
	local directory=$root/mnt/src/$1-1.0

	cp -a "$top/tests/modules/hello" "$directory"
	sed -i "s/^PACKAGE_NAME=.*/PACKAGE_NAME=\"$1\"/" "$directory/dkms.conf"
	echo "DEST_MODULE_NAME[0]=\"$1\"" >>"$directory/dkms.conf"
	echo "MODULE_INFO(bench, \"$1\");" >>"$directory/hello.c"
	sources+=("$1")
	dkms add "$1/1.0"
}

clear_builds() {
	local name names=("$@")

	[ $# -gt 0 ] || names=("${sources[@]}")
	for name in "${names[@]}"; do
		dkms unbuild "$name/1.0" --all || [ $? = 4 ] || return
	done
	rm -rf "$root/var/cache/dkms/builds"
}

fetch_rival() {
	local path

	path=$("$top/scripts/fetch-reference") || return 0
	cp "$path" "$root/rival"
	has_rival=true
}

dkms() {
	"$program" --root "$root" "$@"
}

rival() {
	DKMS_PRIVATE_HEADERS=/usr/src "$top/scripts/private-root" enter "$root" /rival "$@"
}
