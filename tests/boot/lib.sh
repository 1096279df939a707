# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What tests that start a machine share, beyond tests/e2e/lib.sh, which this sources. The machine
# is QEMU's, with nothing in it but busybox, kmod and modules. KVM drives it where KVM works;
# elsewhere QEMU does so in software. DKMS_BOOT_ACCELERATOR=tcg asks for software in any case.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

boot_seconds=${DKMS_BOOT_TIMEOUT:-240}
# The words for every kernel. On a busy machine the emulated timer ticks too late for the check
# whether it is wired at all.
# shellcheck disable=SC2034 # for the tests
kernel_words="console=ttyS0 loglevel=4 panic=-1 no_timer_check"

# Copies a program, and the libraries it needs: take_program FILE IMAGE PATH
take_program() {
	local library

	cp -L "$1" "$2/$3"
	for library in $(ldd "$1" | grep -oE '/[^ ]+'); do
		install -D "$(realpath "$library")" "$2$library"
	done
}

# The beginning of a memory disk: start_image IMAGE INIT APPLET…
start_image() {
	local image=$1 applet

	rm -rf "$image"
	mkdir -p "$image"/{bin,sbin,proc,sys,dev,lib/modules}
	cp "$(command -v busybox)" "$image/bin/"
	for applet in sh mount cat poweroff "${@:3}"; do
		ln -s busybox "$image/bin/$applet"
	done
	install -m 755 "$2" "$image/init"
}

# The memory disk as a kernel takes it: pack_image IMAGE FILE
pack_image() {
	(cd "$1" && find . | cpio -o -H newc --quiet | gzip -1) >"$2"
}

# True if KVM takes the kernel of the tests as far as its panic about the missing root.
kvm_works() {
	[ -w /dev/kvm ] && timeout -k 1 10 qemu-system-x86_64 -accel kvm -cpu host -nodefaults \
		-display none -serial stdio -no-reboot -m 512 -kernel "$top/build/kernels/$K1/vmlinuz" \
		-append 'console=ttyS0 panic=-1' </dev/null 2>&1 | grep -q 'Unable to mount root'
}

# What QEMU is to work with, in $accelerator. The file is asked once for all its tests.
choose_accelerator() {
	local choice=$work/accelerator

	[ -s "$choice" ] || echo "${DKMS_BOOT_ACCELERATOR:-$(kvm_works && echo kvm || echo tcg)}" >"$choice"
	accelerator=(-accel "$(cat "$choice")")
	[ "${accelerator[1]}" != kvm ] || accelerator+=(-cpu host)
}

# Runs a machine for as long as it lives: qemu QEMU-ARGUMENT…; its words are then in $console.
qemu() {
	console=$case/console
	choose_accelerator
	run timeout -k 5 "$boot_seconds" qemu-system-x86_64 "${accelerator[@]}" \
		-nodefaults -display none -serial stdio -no-reboot "$@"
	tr -d '\r' <"$out" >"$console"
	[ "$status" != 124 ] ||
		failed "the machine was not done after $boot_seconds seconds (DKMS_BOOT_TIMEOUT)"
}

# The same for a machine that is expected to come to its end.
machine() {
	qemu "$@"
	[ "$status" = 0 ] || failed 'QEMU failed'
	grep -qx 'TEST done' "$console" || failed 'the machine did not come to its end'
}

said() {
	grep -qE -- "$1" "$console" || failed "expected on the console: $1"
}

not_said() {
	! grep -qE -- "$1" "$console" || failed "expected not on the console: $1"
}
