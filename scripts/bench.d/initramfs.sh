# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# What looking into an initramfs takes: one of 60 MB, as mkinitramfs makes them of microcode and zstd. Needs clock.sh
# and world.sh.

# An image with so many MB of the kernel's own modules, as mkinitramfs makes it: make_image FILE MEGABYTES
make_image() {
	local parts=$root/image-parts modules=build/kernels/$release/lib/modules/$release

	rm -rf "$parts"
	mkdir -p "$parts/early/kernel/x86/microcode" "$parts/main"
	head -c 200000 /dev/urandom >"$parts/early/kernel/x86/microcode/GenuineIntel.bin"
	(cd "$top/$modules" && find . -name '*.ko*' -type f -printf '%s %p\n' | sort -k 2 |
		awk -v most="$2" '(sum += $1) <= most * 1000000 { print $2 }' |
		cpio -p -d --quiet "$parts/main")
	(cd "$parts/main" && find . | cpio -o -H newc --quiet | zstd -q -1 -T0) >"$1.zst"
	{
		(cd "$parts/early" && find . | cpio -o -H newc --quiet)
		cat "$1.zst"
	} >"$1"
	rm -rf "$parts"
}

# A run that looks into the image, and finds nothing to do: a module is noted as changed.
look_into_image() {
	mkdir -p "$root/var/lib/dkms/.dkms/initramfs"
	echo absent >"$root/var/lib/dkms/.dkms/initramfs/$release"
	dkms autoinstall -k "$release"
}

# The median of five runs, in milliseconds: what other processes take does not count.
processor_time() {
	local i taken=() TIMEFORMAT='%U %S'

	for ((i = 0; i < 5; i++)); do
		taken+=("$({ time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ printf "%.0f", ($1 + $2) * 1000 }')")
	done
	median "${taken[@]}"
}

initramfs_rows() {
	local image=$root/boot/initrd.img-$release time alone memory megabytes=240

	"$top/scripts/fetch-kernel" "$release" "$top/build/kernels" >&2
	# Modules that are compressed already stay as large as they are.
	[ -z "$(find "$top/build/kernels/$release/lib/modules" -name '*.ko.*' -print -quit)" ] || megabytes=60
	mkdir -p "$root/boot"
	install -D -m 755 /dev/null "$root/usr/sbin/update-initramfs"
	make_image "$image" "$megabytes"
	dkms autoinstall -k "$release" >/dev/null 2>&1
	time=$(processor_time look_into_image)
	alone=$(processor_time zstd -dqfo /dev/null "$image.zst")
	row "a run that looks into an initramfs of $(($(stat -c %s "$image") / 1000000)) MB (zstd)" \
		"$time ms of a processor (zstd -d alone: $alone ms)" '≤ 500 ms' "$(at_most "$time" 500)"
	echo absent >"$root/var/lib/dkms/.dkms/initramfs/$release"
	memory=$(peak_alone autoinstall -k "$release")
	memory_row 'that run' "$memory"
	[ ! -e "$root/var/lib/dkms/.dkms/initramfs/$release" ] || echo 'bench: the image was not looked into' >&2
	rm "$image" "$image.zst"
}
