#!/bin/sh
# Runs depmod without the modules if their kernel is still installed.
set -e

kernel={kernel}
directory={kernels}/$kernel

case "$1" in
remove | disappear)
	if [ -e "$directory/modules.builtin" ] || [ -e "$directory/modules.order" ]; then
		depmod -a "$kernel"
		if [ {initramfs} = yes ] && [ -e "/boot/initrd.img-$kernel" ]; then
			update-initramfs -u -k "$kernel"
		fi
	fi
	;;
esac
