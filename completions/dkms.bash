# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2207
# dkms(8) in bash.

_dkms_actions='add build install uninstall unbuild remove status why timeline graph metrics log preflight match autoinstall
	kernel_postinst kernel_preinst kernel_prerm mktarball mkdeb mkbmdeb mkdsc mkrpm mkkmp mkdriverdisk ldtarball generate_mok sign
	sign-status conf check cache'

_dkms_options='--module --module-version --kernelver --arch --conf --all --all-modules --all-kernels
	--force --force-version-override --dry-run --templatekernel --kernelsourcedir --headers --config --directive
	--archive --binaries-only --source-only --output --revision --pkgname --maintainer --license
	--homepage --summary --legacy-postinst --distribution --distro --release --media --label --spec
	--with-cert --coinstallable --initramfs --dkmstree --sourcetree --installtree --root
	--symlink-modules --no-depmod --modprobe-on-install --rpm_safe_upgrade --jobs --lock-timeout
	--json --svg --lint --fix --quiet --verbose --debug --version --help'

# The modules that dkms knows, as M/V, and the sources that could be added.
_dkms_modules() {
	local conf

	dkms status 2>/dev/null | sed 's/[,:].*//; s/ .*//' | sort -u
	for conf in /usr/src/*-*/dkms.conf; do
		[ ! -e "$conf" ] || conf=${conf%/dkms.conf}
		conf=${conf##*/}
		[ "$conf" = dkms.conf ] || echo "${conf%-*}/${conf##*-}"
	done
}

# The versions of the module in the words so far.
_dkms_versions() {
	local i name=

	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		case ${words[i]} in
		-m | --module) name=${words[i + 1]} ;;
		esac
	done
	_dkms_modules | sed -n "s|^${name:-[^/]*}/||p"
}

_dkms_kernels() {
	local directory

	for directory in /lib/modules/*/; do
		directory=${directory%/}
		[ ! -d "$directory" ] || echo "${directory##*/}"
	done
}

# Completes the value of an option; fails if the option takes none, or any.
_dkms_value() {
	case $1 in
	-m | --module) COMPREPLY=($(compgen -W "$(_dkms_modules)" -- "$2")) ;;
	-v | --module-version) COMPREPLY=($(compgen -W "$(_dkms_versions)" -- "$2")) ;;
	-k | --kernelver | --templatekernel) COMPREPLY=($(compgen -W "$(_dkms_kernels)" -- "$2")) ;;
	-a | --arch) COMPREPLY=($(compgen -W "$(uname -m)" -- "$2")) ;;
	-c | --conf | --config | --archive | --svg)
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$2"))
		;;
	--kernelsourcedir | --headers | --output | --dkmstree | --sourcetree | --installtree | --root)
		compopt -o filenames
		COMPREPLY=($(compgen -d -- "$2"))
		;;
	-j | --jobs | --directive | --lock-timeout | --revision | --pkgname | --maintainer | --license | \
		--homepage | --summary | --legacy-postinst | --distribution | -r | --release | --label | --spec)
		COMPREPLY=()
		;;
	-d | --distro) COMPREPLY=($(compgen -W "rhel suse debian ubuntu" -- "$2")) ;;
	--media) COMPREPLY=($(compgen -W "iso tar" -- "$2")) ;;
	*) return 1 ;;
	esac
}

_dkms() {
	local words=("${COMP_WORDS[@]:0:COMP_CWORD}")
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i action=

	# "--option=value" comes as three words.
	[ "$previous" != = ] || previous=${COMP_WORDS[COMP_CWORD - 2]}
	[ "$word" != = ] || { previous=${COMP_WORDS[COMP_CWORD - 1]}; word=; }
	_dkms_value "$previous" "$word" && return

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ " ${_dkms_actions//[$'\n\t']/ } " != *" ${COMP_WORDS[i]} "* ]] || action=${COMP_WORDS[i]}
	done
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$_dkms_options" -- "$word"))
	elif [ -z "$action" ]; then
		COMPREPLY=($(compgen -W "$_dkms_actions" -- "$word"))
	else
		compopt -o filenames
		COMPREPLY=($(compgen -W "$(_dkms_modules)" -- "$word") $(compgen -f -- "$word"))
	fi
} && complete -F _dkms dkms
