# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # inner shells; variables of lib.sh
#
# What tests of packages of modules share: systems with headers and with the tools of packagers.
#
#	package_system RELEASE	$base and $deb: such a system, and our package; the module hello in
#				/shared/hello and /shared/hello-2.0
#	in_system SCRIPT [ARG…]	runs it in the system after $prepare. It must succeed
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

package_system() {
	local version

	package_of_dkms "$1"
	system_base "$1" publisher build-essential kmod patch initramfs-tools linux-image-amd64 linux-headers-amd64
	for version in 1.0 2.0; do
		cp -r "$top/tests/modules/hello" "$case/shared/hello-$version"
		sed -i "s/\"1\.0\"/\"$version\"/" "$case/shared/hello-$version"/{dkms.conf,hello.c}
	done
}

in_system() {
	in_debian "$base" "$prepare$1" "${@:2}"
	expect_status 0
}

prepare='
	set -e
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1700000000
	kernel=$(ls /lib/modules | sort -V | tail -n 1)
	cd /shared
	apt() {
		apt-get -qy --no-install-recommends --allow-downgrades -o Dpkg::Use-Pty=0 "$@" </dev/null \
			>/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
	}
	expect() {
		[ "$1" = "$2" ] && return
		echo "expected: $1"
		echo "found:    $2"
		exit 1
	}
	all_files() {
		find /etc /usr /var/lib /boot -xdev ! -path "/var/lib/dpkg/*" ! -path "/var/lib/apt/*" \
			! -path "/var/lib/dkms/mok.*" ! -path "/var/lib/dkms/.dkms*" ! -name "__pycache__" \
			! -name "*.pyc" ! -path "/etc/ld.so.cache" ! -path "/var/lib/dkms" | sort
	}
	# hello in this version is installed for the kernel, and nothing else is registered.
	has() {
		expect "hello/$1, $kernel, $(uname -m): installed" "$(dkms status)"
		expect "$1" "$(modinfo -k "$kernel" -F version hello)"
		expect "hello-$1" "$(ls /usr/src | grep ^hello)"
		grep -q "^updates/dkms/hello.ko" "/lib/modules/$kernel/modules.dep"
	}
'
