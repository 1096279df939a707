# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# What installing and uninstalling a package of 600 modules takes, beside all modules of a real
# kernel if build/kernels has them. Needs world.sh and clock.sh, and $built.

make_big_package() {
	local directory=$root/mnt/src/big-1.0 i

	mkdir "$directory"
	cp "$built" "$directory/built"
	{
		printf '%s\n' 'PACKAGE_NAME="big"' 'PACKAGE_VERSION="1.0"' 'CLEAN="true"' \
			'MAKE="seq 0 599 | xargs -I@ cp built big@.ko"'
		for ((i = 0; i < 600; i++)); do
			printf 'BUILT_MODULE_NAME[%d]="big%d"\nDEST_MODULE_LOCATION[%d]="/extra"\n' \
				$i $i $i
		done
	} >"$directory/dkms.conf"
}

add_real_modules() {
	local modules=$top/build/kernels/$release/lib/modules/$release

	beside='nothing else'
	[ -d "$modules/kernel" ] || return 0
	take_modules "$release"
	beside="$(find "$modules/kernel" -name '*.ko*' | wc -l) others"
}

big_package_rows() {
	local time depmod memory

	make_big_package
	add_real_modules
	dkms build big/1.0 -k "$release" >/dev/null 2>&1
	time=$(milliseconds dkms install big/1.0 -k "$release")
	row "install of 600 built modules beside $beside, with depmod" "$time ms" '' ''
	time=$(milliseconds dkms uninstall big/1.0 -k "$release")
	depmod=$(milliseconds depmod -b "$root" "$release")
	row "uninstall of them (depmod alone takes $depmod ms)" "$time ms" '≤ 3000 ms' \
		"$(at_most "$time" 3000)"
	memory=$(peak install big/1.0 -k "$release")
	memory_row 'that install' "$memory"
	memory=$(peak uninstall big/1.0 -k "$release")
	memory_row 'that uninstall' "$memory"
}
