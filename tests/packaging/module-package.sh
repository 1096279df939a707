# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034 # inner shells; $prepare is for them
#
# Packages with the source of a module, as dh_dkms makes them, and a system to try them in.
#
#	make_source DIRECTORY NAME VERSION	a source package that makes NAME-dkms, around
#						tests/modules/hello
#	$prepare	what a script for in_system begins with: afterwards only the kernels $2 … are
#			in /lib/modules, as if they were installed, and the directory $1 is the current

make_source() {
	local source=$1 name=$2 version=$3

	mkdir -p "$source/debian"
	echo "obj-m := $name.o" >"$source/Makefile"
	sed "s/hello/$name/g; s/\"1\.0\"/\"$version\"/" tests/modules/hello/hello.c >"$source/$name.c"
	sed "s/hello/$name/g; s/\"1\.0\"/\"$version\"/" tests/modules/hello/dkms.conf \
		>"$source/debian/$name-dkms.dkms"
	cat >"$source/debian/control" <<-END
		Source: $name
		Section: kernel
		Priority: optional
		Maintainer: nobody <nobody@dkms.invalid>
		Build-Depends: debhelper-compat (= 13), dh-dkms
		Standards-Version: 4.6.2

		Package: $name-dkms
		Architecture: all
		Depends: dkms (>= \${dkms}), \${misc:Depends}
		Description: a module
		 It says hello.
	END
	printf '%s (%s) unstable; urgency=low\n\n  * Hello.\n\n -- %s  %s\n' "$name" "$version" \
		'nobody <nobody@dkms.invalid>' 'Mon, 23 Nov 2026 08:00:00 +0000' >"$source/debian/changelog"
	echo "Makefile $name.c usr/src/$name-$version" >"$source/debian/$name-dkms.install"
	printf '#!/usr/bin/make -f\n%%:\n\tdh $@ --with dkms\noverride_dh_auto_build override_dh_auto_install: ;\n' \
		>"$source/debian/rules"
	printf 'override_dh_gencontrol:\n\tdh_gencontrol -- -Vdkms=$(DKMS)\n' >>"$source/debian/rules"
	chmod +x "$source/debian/rules"
}

prepare='
	set -e
	cd "$1"
	kernels=("${@:2}") kernel=$2
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
	export MAKEFLAGS= ASAN_OPTIONS=
	mkdir /tmp/kernels
	for release in "${kernels[@]}"; do
		mkdir -p "/tmp/kernels/$release/kernel"
		ln -s "/usr/src/linux-headers-$release" "/tmp/kernels/$release/build"
		touch "/tmp/kernels/$release"/modules.{builtin,builtin.modinfo,order}
		# A module of its own, which is not compressed.
		echo "__attribute__((section(\".modinfo\"), used)) const char license[] = \"license=GPL\";" |
			gcc -x c -c -o "/tmp/kernels/$release/kernel/stock.ko" -
	done
	find /lib/modules -mindepth 1 -maxdepth 1 -exec rm -rf {} +
	mv /tmp/kernels/* /lib/modules/
	for release in "${kernels[@]}"; do
		depmod "$release"
	done
	# A system may have been told to install no documentation.
	rm -f /etc/dpkg/dpkg.cfg.d/*
	installed="hello/1.0, $kernel, $(uname -m): installed"
	module=/lib/modules/$kernel/updates/dkms/hello.ko
	expect() {
		[ "$1" = "$2" ] && return
		echo "expected: $1"
		echo "found:    $2"
		exit 1
	}
	system_files() {
		find /etc /usr /var/lib /opt -xdev ! -path "/var/lib/dpkg/*" ! -path "/var/lib/apt/*" \
			! -path "/var/lib/dkms/mok.*" ! -path "/var/lib/dkms/.dkms*" | sort
	}
	installs() {
		dpkg -i "$@" && return
		cat /var/lib/dkms/hello/1.0/build/make.log
		exit 1
	}
'
