# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# What every private system of lib.sh begins with: the directories of its kernels, the name of the
# distribution, a signing key, and what dkms has learned of the kernels' compilers. The first test file of a
# run makes it, and the others share it (DKMS_TEST_STOCK, of tests/run). No run believes another's.
#
#	find_stock		$stock is that directory
#	suffix_of K		".xz" where modules of K are compressed so, "" where they are not

# Modules of Debian that every private kernel has: without dependencies, in any release since 12.
stock_modules=(brd loop dummy)

# Stores the modules below a directory plain, or as Debian's xz: store_modules DIRECTORY plain|xz
store_modules() {
	local file

	find "$1" -name '*.ko.*' | while IFS= read -r file; do
		uncompress "$file" >"${file%.*}" && rm "$file" || return
	done
	[ "$2" = plain ] || find "$1" -name '*.ko' -exec xz --check=crc32 --lzma2=dict=1MiB {} +
}

# The kernels' directories: make_stock_kernels DIRECTORY
make_stock_kernels() {
	local kernels=$top/build/kernels release original name

	for release in "$K1" ${K2:+"$K2"}; do
		"$top/scripts/fetch-kernel" "$release" "$kernels" >&2 || return
		original=$kernels/$release/lib/modules/$release
		mkdir -p "$1/lib/modules/$release"
		cp -a "$original"/modules.{order,builtin,builtin.modinfo} "$1/lib/modules/$release/"
		for name in "${stock_modules[@]}"; do
			(cd "$original" && find kernel \( -name "$name.ko" -o -name "$name.ko.*" \) \
				-exec cp -a --parents {} "$1/lib/modules/$release/" \;)
		done
		store_modules "$1/lib/modules/$release/kernel" \
			"$([ "$release" = "$K1" ] && echo plain || echo xz)" || return
		ln -s "/usr/src/linux-headers-$release" "$1/lib/modules/$release/build"
		depmod -b "$1" "$release" || return
	done
}

# A run that builds two modules for a kernel learns what its compiler accepts. Where nothing can be
# learned, as without a cage, each build asks.
learn_probes() {
	local root=$1/learning sources=$1/learning/usr/src name

	mkdir -p "$sources" "$root/var/lib/dkms"
	cp -a "$1"/{etc,lib} "$root/"
	for name in one two; do
		quick_source "$name" 1.0
		"$DKMS" --root "$root" add "$name/1.0"
	done
	for name in "$K1" ${K2:+"$K2"}; do
		"$DKMS" --root "$root" autoinstall -k "$name"
	done
	mkdir -p "$1/var/cache/dkms"
	[ ! -d "$root/var/cache/dkms/probes" ] || mv "$root/var/cache/dkms/probes" "$1/var/cache/dkms/"
	rm -rf "$root"
}

make_stock() {
	mkdir -p "$1/etc" &&
		make_stock_kernels "$1" &&
		echo 'ID=debian' >"$1/etc/os-release" &&
		"$DKMS" --root "$1" generate_mok >/dev/null &&
		learn_probes "$1" >/dev/null 2>&1 </dev/null
}

find_stock() {
	local stocks=${DKMS_TEST_STOCK:-$work/stock}

	stock=$stocks/$K1${K2:+,$K2}
	mkdir -p "$stocks"
	(
		flock 9 # one at a time: who waited here finds it
		[ ! -d "$stock" ] || exit 0
		rm -rf "$stock.new"
		make_stock "$stock.new" && mv "$stock.new" "$stock"
	) 9>"$stocks/.lock"
}

suffix_of() {
	local file
	file=$(find "$stock/lib/modules/$1" -name 'brd.ko*')

	echo "${file##*.ko}"
}
