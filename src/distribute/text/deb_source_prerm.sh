#!/bin/sh
# Takes the modules out of the kernels before their source goes.
set -e

module={module}
version={version}

case "$1" in
remove | upgrade | deconfigure)
	if command -v dkms >/dev/null && [ "$(dkms status -m "$module" -v "$version")" ]; then
		dkms remove -m "$module" -v "$version" --all
	fi
	;;
esac
