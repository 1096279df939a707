# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The world of the long-life test: that of the differential test, with more that gets in each
# other's way. Beside the kernels' directories there is what their packages hold, in two issues:
#
#	packages/K/ISSUE/	the kernel's own files

# shellcheck disable=SC2154 # $world is of the other world.sh
# Adds to a kernel: its modules.order, and the two modules of one name.
complete_kernel() {
	local directory=$world/modules/$1

	mkdir -p "$directory/kernel/a" "$directory/kernel/b"
	make_module double 1.0 "$directory/kernel/a/double.ko"
	make_module double 1.1 "$directory/kernel/b/double.ko"
	make_module twin 0.9 "$directory/kernel/drivers/twin.ko"
	[ -e "$directory/kernel/drivers/replacing.ko" ] ||
		make_module replacing 1.5 "$directory/kernel/drivers/replacing.ko"
	# The very module that a package builds, too.
	cp "$world/src/equal-1.0/same.prebuilt" "$directory/kernel/drivers/same.ko"
	(cd "$directory" && find kernel -name '*.ko*' | sed 's/\.xz$//' | sort >modules.order)
	mkdir -p "$world/image/lib"
	ln -sfn "$world/modules" "$world/image/lib/modules"
	depmod -b "$world/image" "$1"
	rm -r "$world/image"
}

# The package of a kernel, as first issued, and as rebuilt for a security update.
pack_kernel() {
	local first=$world/packages/$1/1 second=$world/packages/$1/2 name

	mkdir -p "$first"
	cp -a "$world/modules/$1/." "$first/"
	find "$first" -maxdepth 1 -name 'modules.*' ! -name modules.order ! -name 'modules.builtin*' -delete
	cp -a "$first" "$second"
	for name in replacing twin; do
		make_module "$name" 0.9.2 "$second/kernel/drivers/$name.ko"
	done
}

make_long_world() {
	local kernel

	make_world "$1"
	source_of twin 1.0 twin 'MODULES_CONF="options twin a=1"'
	source_of rival 1.3 twin
	source_of double 1.2 double 'AUTOINSTALL="yes"'
	source_of equal 1.0 'same other2' 'AUTOINSTALL="yes"'
	source_of signed 1.0 signed 'POST_INSTALL="sign"'
	source_of replacing 3.0 replacing 'AUTOINSTALL="yes"'
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\nfor file in /usr/lib/modules/*/updates/dkms/signed.ko*; do\n%s\ndone\n' \
		'[ ! -f "$file" ] || echo signed >>"$file"' >"$world/src/signed-1.0/sign"
	chmod +x "$world/src/signed-1.0/sign"
	for kernel in "$K1" "$K2"; do
		complete_kernel "$kernel"
		pack_kernel "$kernel"
	done
	# So that a source can come back.
	mkdir -p "$world/packages/src"
	cp -a "$world/src/." "$world/packages/src/"
}
