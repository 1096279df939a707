# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What tests of packages have besides tests/e2e/lib.sh.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

# Nobody's surroundings may show in a package.
unset DEBFULLNAME DEBEMAIL
export SOURCE_DATE_EPOCH=1700000000

# A module's source in the directory tmp/NAME: plain_source [NAME [VERSION]]
plain_source() {
	quick_source "${1:-hello}" "${2:-1.0}"
	mv "$sources/${1:-hello}-${2:-1.0}" "$root/tmp/${1:-hello}"
}

# Makes packages in tmp/out: makes mkdeb ARGUMENT…
makes() {
	given "$@" --output out
}

control_of() {
	dpkg-deb -f "$root/tmp/out/$1"
}

# Modes, owners, times and names.
listing_of() {
	dpkg-deb --fsys-tarfile "$root/tmp/out/$1" | TZ=UTC tar -tv --full-time --numeric-owner -f - |
		tr -s ' '
}

unpacked() {
	rm -rf "$case/unpacked"
	dpkg-deb -R "$root/tmp/out/$1" "$case/unpacked"
}

# A dpkg-deb that does this instead: other_dpkg_deb SHELL-TEXT
other_dpkg_deb() {
	mkdir "$case/bin"
	printf '#!/bin/sh\n%s\n' "$1" >"$case/bin/dpkg-deb"
	chmod -R 755 "$work" "$case" "$case/bin"
}

