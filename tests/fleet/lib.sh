# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# A publisher and machines that take its builds, each a private system of tests/e2e/lib.sh. For tests that
# have sourced that:
#
#	consumer		$root becomes a machine with the source of hello, the image and no headers.
#				hello/1.0 has been built for $K1 into $built elsewhere, and there are keys
#				of the publishers alice, bob and mallory: $work/NAME.{key,crt}
#	publish NAME [ARG…]	publishes the build as NAME into $remote (a directory); see publish.py
#	trust NAME…		$root takes builds of these publishers
#	without_compiler	no program on PATH can compile
#
# $remote is a directory, $base its address.

built=$work/built

make_key() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/$1.key" -out "$work/$1.crt" \
		-subj "/CN=$1" -days 30 2>/dev/null
}

# What a machine has of its kernel without headers: the image, and the configuration beside it.
image_only() {
	rm "$modules/$K1/build"
	mkdir -p "$root/boot"
	cp "$top/build/kernels/$K1/vmlinuz" "$root/boot/vmlinuz-$K1"
	cp "/usr/src/linux-headers-$K1/.config" "$root/boot/config-$K1"
}

# Once for all tests of a file.
make_publisher() {
	# shellcheck disable=SC2034 # make_root sets them
	local name root tree sources modules

	[ ! -e "$built/.build.json" ] || return 0
	for name in alice bob mallory; do
		make_key "$name" || failed "there is no key for $name"
	done
	make_root "$work/publisher"
	without_key
	source_of hello
	given build hello/1.0 -k "$K1"
	cp -a "$tree/hello/1.0/$K1/$A" "$built"
}

consumer() {
	make_publisher
	remote=$case/remote
	base=file://$remote
	config=$built/.build.json
	source_of hello
	image_only
	given add hello/1.0
}

publish() {
	local name=$1

	shift
	"$top/tests/fleet/publish.py" "${config:-$built/.build.json}" "$built/module" "$work/$name.key" \
		"$work/$name.crt" "$remote" "$@" >"$case/key" || failed "cannot publish as $name"
}

trust() {
	local name

	mkdir -p "$root/etc/dkms/trusted.d"
	for name; do
		cp "$work/$name.crt" "$root/etc/dkms/trusted.d/"
	done
}

set_remote() {
	printf '%s\n' "remote=\"$base\"" "$@" >>"$root/etc/dkms/framework.conf"
}

without_compiler() {
	local program name

	mkdir "$case/bin"
	for program in /usr/local/bin/* /usr/bin/* /usr/sbin/* /bin/* /sbin/*; do
		name=${program##*/}
		case $name in
		*gcc* | *g++* | *clang* | cc | c89* | c99* | *cpp* | *ld | *ld.* | as | *-as | make | gmake) ;;
		*) [ -e "$case/bin/$name" ] || ln -s "$program" "$case/bin/$name" ;;
		esac
	done
	PATH=$case/bin
	! command -v gcc make ld as cc >/dev/null || failed 'there is a compiler'
}
