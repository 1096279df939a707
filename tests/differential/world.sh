# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The private world that both programs act on: a few sources that "build" by copying a module that
# was made before, and the directories of two kernels that do not exist. Sourced by the test.
#
#	make_world DIRECTORY		makes DIRECTORY/{src,modules}
#	new_root ROOT WORLD PROGRAM [PLAIN]	makes a root directory for `play`, with PROGRAM as /dkms in
#					it, and PLAIN, without sanitizers, as /dkms-plain

K1=6.1.0-1-amd64
K2=6.12.0-2-amd64

# A module file: name, version, output.
make_module() {
	local srcversion
	srcversion=$(echo "$1 $2" | md5sum | head -c 23 | tr a-f A-F)
	gcc -c -x c -o "$3" - <<-END
		#define INFO __attribute__((section(".modinfo"), used)) static const char
		INFO license[] = "license=GPL";
		INFO version[] = "version=$2";
		INFO srcversion[] = "srcversion=$srcversion";
		int $1_init(void) { return 0; }
	END
	strip -g "$3"
}

# A source: source NAME VERSION "BUILT…" [LINE…]
source_of() {
	local directory=$world/src/$1-$2 number=0 built copies=true

	mkdir -p "$directory"
	for built in $3; do
		make_module "$built" "$2" "$directory/$built.prebuilt"
		copies+="; cp $built.prebuilt $built.ko"
	done
	{
		printf 'PACKAGE_NAME="%s"\nPACKAGE_VERSION="%s"\nCLEAN="true"\n' "$1" "$2"
		for built in $3; do
			printf 'BUILT_MODULE_NAME[%d]="%s"\n' "$number" "$built"
			printf 'DEST_MODULE_LOCATION[%d]="/extra"\n' "$number"
			number=$((number + 1))
		done
		printf 'MAKE[0]="%s"\n' "$copies"
		[ $# -le 3 ] || printf '%s\n' "${@:4}"
	} >"$directory/dkms.conf"
}

make_sources() {
	source_of plain 1.0 plain 'AUTOINSTALL="yes"'
	source_of plain 2.0 plain 'AUTOINSTALL="yes"'
	source_of needy 1.0 needy 'AUTOINSTALL="yes"' 'BUILD_DEPENDS="plain"'
	source_of pair 1.0 'left right' 'DEST_MODULE_NAME[1]="wright"'
	source_of replacing 2.0 replacing 'AUTOINSTALL="yes"'
	source_of newest 1.0 newest
	source_of choosy 1.0 choosy 'BUILD_EXCLUSIVE_KERNEL="^6\.12"'
	source_of failing 1.0 failing 'MAKE[0]="exit 3"'
	source_of unmade 1.0 'made unmade' 'MAKE[0]="cp made.prebuilt made.ko"'
	source_of scripted 1.0 scripted 'POST_INSTALL="say"' 'POST_REMOVE="say"' 'PRE_BUILD="say"'
	printf '#!/bin/sh\necho said\n' >"$world/src/scripted-1.0/say"
	chmod +x "$world/src/scripted-1.0/say"
	# What it was given, and a directive, as a name in /usr/src.
	# shellcheck disable=SC2016 # dkms expands it
	source_of wordy 1.0 wordy 'PRE_INSTALL="mark *.prebuilt [d]kms.conf no*such \"*.x\""' \
		'POST_INSTALL="mark $kernelver"' 'POST_ADD="mark @(mark|dkms.conf)"'
	cat >"$world/src/wordy-1.0/mark" <<-'END'
		#!/bin/sh
		: >"/usr/src/marked-$(printf '%s+' "$#" "$@" "${flavour-}" | tr / -)"
	END
	chmod +x "$world/src/wordy-1.0/mark"
	source_of vain 1.0 vain 'PRE_INSTALL="say"' 'AUTOINSTALL="yes"'
	printf '#!/bin/sh\nexit 4\n' >"$world/src/vain-1.0/say"
	chmod +x "$world/src/vain-1.0/say"
}

# Two kernels: the first has a `replacing` older and a `newest` newer than the sources'; the modules
# of the second are compressed.
make_kernel() {
	local directory=$world/modules/$1

	mkdir -p "$directory/build/include" "$directory/kernel/drivers"
	make_module other 1.0 "$directory/kernel/drivers/other.ko"
	if [ "$1" = "$K1" ]; then
		make_module replacing 1.0 "$directory/kernel/drivers/replacing.ko"
		make_module newest 3.0 "$directory/kernel/drivers/newest.ko"
	else
		xz --check=crc32 "$directory/kernel/drivers/other.ko"
	fi
	: >"$directory/modules.order"
	: >"$directory/modules.builtin"
	: >"$directory/modules.builtin.modinfo"
	: >"$directory/build/.config"
	mkdir -p "$world/image/lib"
	ln -sfn "$world/modules" "$world/image/lib/modules"
	depmod -b "$world/image" "$1"
	rm -r "$world/image"
}

make_world() {
	world=$1
	mkdir -p "$world"
	make_sources
	make_kernel "$K1"
	make_kernel "$K2"
}

new_root() {
	local private
	private=$(dirname "${BASH_SOURCE[0]}")/../../scripts/private-root
	"$private" make "$1"
	cp -a "$2/src" "$2/modules" "$1/mnt/"
	cp "$3" "$1/dkms"
	cp "${4:-$3}" "$1/dkms-plain"
}
