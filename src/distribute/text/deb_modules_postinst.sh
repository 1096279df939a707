#!/bin/sh
# Runs depmod for the new modules if their kernel is installed.
set -e

kernel={kernel}
directory={kernels}/$kernel
certificate={certificate}

case "$1" in
configure)
	if [ -e "$directory/modules.builtin" ] || [ -e "$directory/modules.order" ]; then
		depmod -a "$kernel"
		if [ {initramfs} = yes ] && [ -e "/boot/initrd.img-$kernel" ]; then
			update-initramfs -u -k "$kernel"
		fi
	fi
	if [ "$certificate" ]; then
		echo "With Secure Boot, enrol the certificate of these modules once:"
		echo "  mokutil --import $certificate"
	fi
	;;
esac
