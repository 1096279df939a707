# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Two kernels that are the same but for their names, and a compiler that is counted. For tests that have
# sourced lib.sh:
#
#	two_kernels			makes them: $one and $two, with headers in $headers
#	expect_reused M/V [K]		installs M/V for $two and expects the build for $one, or K, to serve
#	expect_compiled M/V [REASON]	the same, and expects the compiler to run, for a reason
#	hello_on_one			the first kernel has hello, and no cache speaks for it
#	with_change FILE SED COMMAND…	while a file of $two's headers is another

# Every kernel of these tests has its headers as a private copy in $headers, so that one thing at a
# time can be changed: headers_of COPY_OF NEW_RELEASE. Unchanged files are links to the originals.
headers_of() {
	local original=/usr/src/linux-headers-$1 common new=$headers/$2 file

	common=$(realpath "$(sed -n 's,^include \(.*\)/Makefile,\1,p' "$original/Makefile")")
	mkdir -p "$headers" "$modules/$2"
	if [ ! -d "$work/pristine" ]; then
		mkdir "$work/pristine"
		cp -a "$original" "$work/pristine/objects"
		cp -a "$common" "$work/pristine/sources"
		# What these builds do not look at would only be copied.
		find "$work/pristine/objects/include/config" -empty -delete
		for file in "$work"/pristine/sources/arch/*/; do
			[ -d "$original/arch/$(basename "$file")" ] || rm -r "$file"
		done
	fi
	cp -al "$work/pristine/objects" "$new"
	cp -al "$work/pristine/sources" "$new-common"
	for file in scripts tools; do
		rm "$new/$file" "$new-common/$file" 2>/dev/null
		ln -s "$(realpath "$original/$file")" "$new/$file"
	done
	for file in scripts tools; do
		[ ! -e "$common/$file" ] || ln -s "$(realpath "$common/$file")" "$new-common/$file"
	done
	edit "$new/Makefile" "s,^include .*,include $new-common/Makefile,; s,^KBUILD_OUTPUT=.*,KBUILD_OUTPUT=$new,"
	for file in .kernelvariables .config include/config/auto.conf include/config/kernel.release \
		include/generated/autoconf.h include/generated/utsrelease.h; do
		edit "$new/$file" "s,$1,$2,g"
	done
	ln -sfn "$new" "$modules/$2/build"
	cp "$modules/$K1"/modules.{order,builtin,builtin.modinfo} "$modules/$2/"
	cp -a "$modules/$K1/kernel" "$modules/$2/" 2>/dev/null
	depmod -b "$root" "$2"
}

# Changes a file without changing what it is a link to.
edit() {
	[ -e "$1" ] || failed "$1 is not there to be changed"
	sed "$2" "$1" >"$1.new" && mv "$1.new" "$1"
}

# Builds serve kernels whose exported symbols have versions: Debian's have had none since 14.
need_symbol_versions() {
	grep -qm 1 -v '^0x00000000' "/usr/src/linux-headers-$K1/Module.symvers" ||
		skip "needs a kernel with symbol versions, $K1 has none"
}

# Two kernels that differ in nothing but their names, and a compiler that is counted.
two_kernels() {
	local directory=$root/bin

	need_symbol_versions
	headers=$root/headers
	one=6.1.0-901-test two=6.1.0-902-test
	headers_of "$K1" "$one"
	headers_of "$K1" "$two"
	mkdir -p "$directory"
	compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$headers/$one/.config")
	printf '#!/bin/sh\necho >>%s\nexec %s "$@"\n' "$root/tmp/compiled" \
		"$(command -v "$compiler")" >"$directory/$compiler"
	chmod 755 "$directory/$compiler"
	echo 'build_sandbox="no"' >"$root/etc/dkms/framework.conf"
	PATH=$directory:$PATH
}

compilations() {
	wc -l <"$root/tmp/compiled"
}

# Installs M/V for the second kernel and expects the build of the first one to serve.
expect_reused() {
	rm -f "$root/tmp/compiled"
	dkms install --verbose "$1" -k "$two"
	expect_status 0
	expect_lines "Reusing the build of $1 for kernel ${2:-$one}."
	[ "${2:-}" = "$two" ] || expect_no_line '^Building module'
	expect_no_file "$root/tmp/compiled"
}

# The same, and expects that the compiler runs, for a reason.
expect_compiled() {
	rm -f "$root/tmp/compiled"
	dkms install --verbose "$1" -k "$two"
	expect_status 0
	expect_lines 'Building module(s)... done.'
	expect_no_line '^Reusing'
	[ -s "$root/tmp/compiled" ] || failed 'expected the compiler to run'
	[ -z "${2:-}" ] || grep -qF -- "$2" "$out" "$err" || failed "expected the reason: $2"
}

# The first kernel has hello, and no cache speaks for it. One input changes at a time:
hello_on_one() {
	two_kernels
	echo 'cache_size=0' >>"$root/etc/dkms/framework.conf"
	source_of hello
	given install hello/1.0 -k "$one"
}

# Changes one file of the second kernel, sees what becomes of hello, and undoes it:
#	with_change FILE SED EXPECT… (FILE below the headers)
with_change() {
	cp -p "$headers/$1" "$case/original"
	edit "$headers/$1" "$2"
	"${@:3}"
	given unbuild hello/1.0 -k "$two"
	rm "$headers/$1"
	cp -p "$case/original" "$headers/$1"
}
