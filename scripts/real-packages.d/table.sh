# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # $with_reference
#
# What scripts/real-packages has in common for its two ways: which packages there are, and the table.

# The *-dkms packages of main that apt knows.
all_packages() {
	apt-cache search --names-only -- '-dkms$' | cut -d ' ' -f 1 | while read -r name; do
		[ "$name" != dh-dkms ] || continue
		apt-cache show --no-all-versions "$name" | grep '^Filename:.*/main/' >/dev/null && echo "$name"
	done
}

show() {
	printf '%-26s %-16s %-28s %-28s %s\n' "$@"
}

# verdict OUR_STATUS OUR_MODULES OUR_LEFT STATUS MODULES: what our result is beside the reference's, or
# without it ($with_reference) beside itself.
verdict() {
	if [ "$4" = 0 ] && [ "$1" != 0 ]; then
		echo 'NOT BUILT'
	elif [ "$3" != 0 ]; then
		echo "LEFT $3"
	elif [ "$1" != "$4" ]; then
		echo 'other status'
	elif [ "$2" != "$5" ]; then
		echo 'other modules'
	elif [ "$1" != 0 ] && ! "$with_reference"; then
		echo 'fails, not compared'
	else
		echo ok
	fi
}
