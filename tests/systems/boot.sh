# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # inner shells; variables of the tests and of lib.sh
#
# What the tests of whole systems that boot share: systems with our package and one of a module that the root file
# system needs (tests/modules/relay), into which kernels come by apt.
#
#	new_system RELEASE TOOL		$base: a system without a kernel; TOOL makes its images (initramfs-tools, dracut)
#	in_new [--keep] SYSTEM SCRIPT	runs $steps and the script in it: both packages are there, and all archives
#	$steps				what the scripts are made of

packages_of_system() {
	echo build-essential kmod patch zstd cpio systemd-sysv dbus "$2"
	# What our package depends on.
	case $1 in
	bookworm) echo libarchive13 libcurl4 libjson-c5 libseccomp2 ;;
	*) echo libarchive13t64 libcurl4t64 libjson-c5 libseccomp2 ;;
	esac
}

new_system() {
	local release=$1 tool=$2

	package_of_dkms "$release"
	# shellcheck disable=SC2046 # words
	system_base "$release" "$tool" $(packages_of_system "$release" "$tool")
	archives=$systems/$release-archives
	mkdir -p "$archives"
	make_package_of_module
}

# By dkms itself, from the source of the tests.
make_package_of_module() {
	cp -r "$top/tests/modules/relay" "$case/shared/relay"
	in_debian "$base" 'set -e
		apt-get -qy --no-install-recommends install /shared/dkms.deb
		cp -r /shared/relay /usr/src/relay-1.0
		dkms add relay/1.0
		dkms mkdeb relay/1.0
		mv /var/lib/dkms/relay/1.0/deb/relay-dkms_1.0_all.deb /shared/relay.deb'
	expect_status 0
}

in_new() {
	local options=()

	while [[ $1 == --* ]]; do
		options+=("$1")
		shift
	done
	printf '%s\n%s\n' "$steps" "$2" >"$case/shared/steps"
	# Its own links to what was downloaded before, as apt locks the directory.
	mkdir -p "$copies/archives/partial"
	find "$archives" -name '*.deb' -exec ln -ft "$copies/archives" {} +
	in_debian "${options[@]}" --bind "$copies/archives=/var/cache/apt/archives" "$1" '. /shared/steps'
	find "$copies/archives" -maxdepth 1 -name '*.deb' -exec ln -ft "$archives" {} + 2>/dev/null
	expect_status 0
}

steps='
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt() {
	apt-get -qy -o Dpkg::Use-Pty=0 --no-install-recommends "$@"
}
fail() {
	echo "FAILED: $*" >&2
	tail -n 40 /tmp/log >&2
	exit 1
}
# What fails shows all that it said.
quietly() {
	"$@" >/tmp/log 2>&1 || fail "$*"
}
# The newest kernel of a flavour that can be had whole: kernel_of amd64
kernel_of() {
	apt-cache depends "linux-headers-$1" | sed -n "s/^ *Depends: linux-headers-\([0-9].*\)/\1/p"
}
image_of() {
	local package=linux-image-$1
	apt-cache show --no-all-versions "$package" 2>/dev/null | grep -q ^Filename: || package+=-unsigned
	echo "$package"
}
K=$(kernel_of amd64)
C=$(kernel_of cloud-amd64)
image=$(image_of "$K")
headers=linux-headers-$K

# Notes for which kernel an image is made, whoever asks for it.
count_images() {
	local maker=/usr/sbin/mkinitramfs
	[ -e "$maker" ] || maker=/usr/bin/dracut
	mv "$maker" "$maker.real"
	printf "%s\n" "#!/bin/sh" "echo \"\$0 \$*\" >>/images" "exec $maker.real \"\$@\"" >"$maker"
	chmod +x "$maker"
	: >/images
}
images() {
	grep -cF -- "$1" /images || :
}
# The module is in the configuration of the tool that makes images.
ask_for_it() {
	if [ -d /etc/initramfs-tools ]; then
		printf "%s\n" virtio_pci virtio_blk ext4 relay >>/etc/initramfs-tools/modules
		printf "%s\n" COMPRESS=zstd COMPRESSLEVEL=1 >/etc/initramfs-tools/conf.d/quick
	else
		printf "%s\n" "hostonly=no" "compress=\"zstd -1\"" \
			"force_drivers+=\" virtio_pci virtio_blk ext4 relay \"" >/etc/dracut.conf.d/test.conf
	fi
}
begin() {
	quietly apt install /shared/dkms.deb /shared/relay.deb
	ask_for_it
	count_images
}
in_image() {
	if [ -e /usr/bin/lsinitramfs ]; then
		lsinitramfs "/boot/initrd.img-$1"
	else
		lsinitrd "/boot/initrd.img-$1"
	fi | grep -c "/relay\.ko" || :
}
# A kernel is as it should be: its module is installed, will load, is in the image, which was made at most twice.
whole() {
	local kernel
	for kernel in "$@"; do
		[ "$(dkms status relay/1.0 -k "$kernel")" = "relay/1.0, $kernel, x86_64: installed" ] ||
			fail "the module is not installed for $kernel: $(dkms status)"
		modinfo -k "$kernel" relay >/dev/null || fail "modinfo does not find the module of $kernel"
		[ "$(in_image "$kernel")" = 1 ] || fail "the image of $kernel does not hold the module"
		[ "$(images "$kernel")" -le 2 ] || fail "too many images: $(cat /images)"
		echo "TEST whole $kernel, images: $(images "$kernel")"
	done
	: >/images
}
# A kernel and its headers, with nothing configured but what they depend on.
unpack_all() {
	local others
	others=$(apt-get -s install "$image" "$headers" | sed -n "s/^Inst \([^ ]*\) .*/\1/p" |
		grep -vxF -e "$image" -e "$headers")
	quietly apt install $others
	quietly apt -d install "$image" "$headers"
	quietly dpkg --unpack $(archives_of "$image" "$headers")
}
archives_of() {
	local name
	for name in "$@"; do
		ls /var/cache/apt/archives/"$name"_*.deb | sort -V | tail -n 1
	done
}
'
