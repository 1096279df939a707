# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154 # inner shells; $work
#
# A throw-away copy of this whole system to try things in as root: an overlay in a mount namespace
# of its own, whose changes are kept in memory, with processes of its own, which end with the script.
#
#	system_is_possible || …			namespaces and overlays may be forbidden
#	in_system DIRECTORY SCRIPT [ARG…]	runs a bash script in a fresh one; DIRECTORY, its $1, is
#						seen there too, for what goes in and out. So are the checkout,
#						$work and $DKMS, which may lie on other file systems than the root

system_is_possible() {
	unshare --mount --pid --fork --propagation private bash -c '
		mount -t tmpfs tmpfs "$1" && mkdir "$1/upper" "$1/work" "$1/root" &&
			mount -t overlay overlay -o \
				"lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"' \
		bash "$work" 2>/dev/null
}

in_system() {
	unshare --mount --pid --fork --kill-child --propagation private bash -c '
		set -e
		space=$1 shared=$2 script=$3
		exec 9<"$shared"
		exec 6<"$4" 7<"$5" 8<"$6"
		mount -t tmpfs tmpfs "$space"
		mkdir "$space/upper" "$space/work" "$space/root"
		mount -t overlay overlay \
			-o "lowerdir=/,upperdir=$space/upper,workdir=$space/work" "$space/root"
		for seen in 6:ro:"$4" 7:rw:"$5" 8:ro:"$6"; do
			IFS=: read -r file mode path <<<"$seen"
			[ ! -e "$space/root/$path" ] || continue
			mkdir -p "$space/root/$path"
			mount -o "bind,$mode" "/proc/self/fd/$file" "$space/root/$path"
		done
		mkdir -p "$space/root/$shared"
		mount --bind /proc/self/fd/9 "$space/root/$shared"
		mount -t proc proc "$space/root/proc"
		mount --rbind /sys "$space/root/sys"
		mount --rbind /dev "$space/root/dev"
		mount -t tmpfs tmpfs "$space/root/run"
		exec 6<&- 7<&- 8<&- 9<&-
		cd "$space/root"
		pivot_root . . # not chroot, in which nothing can be caged
		umount --lazy .
		exec bash -c "$script" bash "${@:7}"' \
		bash "$(mktemp -d "$work/space.XXXXXX")" "$1" "$2" \
		"$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")" "$work" \
		"$(dirname "$DKMS")" "$1" "${@:3}"
}
