#!/bin/sh
# Registers the source with DKMS, and builds it for the installed kernels.
set -e

module={module}
version={version}

# Does the main work of common.postinst if that script is missing.
register() {
	dkms status -m "$module" -v "$version" | grep -q . || dkms add -m "$module" -v "$version"
	for kernel in /lib/modules/*/build; do
		[ -e "$kernel/include" ] || continue
		kernel=$(basename "$(dirname "$kernel")")
		dkms install -m "$module" -v "$version" -k "$kernel" ||
			echo "$module/$version could not be installed for kernel $kernel." >&2
	done
}

case "$1" in
configure | abort-upgrade | abort-deconfigure | abort-remove)
	if [ -x /usr/lib/dkms/common.postinst ]; then
		/usr/lib/dkms/common.postinst "$module" "$version" /nonexistent '' "$2"
	else
		register
	fi
	if ! dkms status -m "$module" -v "$version" | grep -q ': installed'; then
		echo "Warning: $module/$version is not installed for any kernel yet." >&2
		echo "It is built as soon as a kernel with its headers is installed." >&2
	fi
	;;
esac
