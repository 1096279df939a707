# SPDX-License-Identifier: GPL-2.0-or-later
# dkms(8) in fish.

set -l actions add build install uninstall unbuild remove status why timeline graph metrics log preflight match autoinstall \
    kernel_postinst kernel_preinst kernel_prerm mktarball mkdeb mkbmdeb mkdsc mkrpm mkkmp mkdriverdisk ldtarball \
    generate_mok sign sign-status conf check cache

function __dkms_modules
    dkms status 2>/dev/null | string replace -r '[,: ].*' ''
    for conf in /usr/src/*-*/dkms.conf
        string replace -r '.*/(.*)-(.*)/dkms.conf' '$1/$2' $conf
    end
end

function __dkms_kernels
    for directory in /lib/modules/*/
        basename $directory
    end
end

set -l first "not __fish_seen_subcommand_from $actions"
set -l later "__fish_seen_subcommand_from $actions"

complete -c dkms -f
complete -c dkms -n "$first" -a add -d "Register the source of a module"
complete -c dkms -n "$first" -a build -d "Compile it for a kernel"
complete -c dkms -n "$first" -a install -d "Put it into the modules of a kernel"
complete -c dkms -n "$first" -a uninstall -d "Take it out again"
complete -c dkms -n "$first" -a unbuild -d "Uninstall it and delete what was built"
complete -c dkms -n "$first" -a remove -d "Unbuild it and forget it when no kernel is left"
complete -c dkms -n "$first" -a status -d "Show the state of modules"
complete -c dkms -n "$first" -a cache -d "Show or empty what is kept of earlier builds"
complete -c dkms -n "$first" -a log -d "Show the whole log of its last build"
complete -c dkms -n "$first" -a why -d "Say why a module is, or is not, installed"
complete -c dkms -n "$first" -a timeline -d "Show where the time of the last run went"
complete -c dkms -n "$first" -a graph -d "Show which modules need which others"
complete -c dkms -n "$first" -a metrics -d "Print states, verdicts and failures for Prometheus"
complete -c dkms -n "$first" -a preflight -d "Try what a kernel would do to the modules"
complete -c dkms -n "$first" -a match -d "Install what another kernel has installed"
complete -c dkms -n "$first" -a autoinstall -d "Install every module with AUTOINSTALL"
complete -c dkms -n "$first" -a kernel_postinst -d "Autoinstall, for kernel packages"
complete -c dkms -n "$first" -a kernel_preinst -d "Unbuild modules with AUTOINSTALL"
complete -c dkms -n "$first" -a kernel_prerm -d "Unbuild all modules"
complete -c dkms -n "$first" -a mktarball -d "Pack its source and what was built"
complete -c dkms -n "$first" -a mkdeb -d "Make a deb of its source"
complete -c dkms -n "$first" -a mkbmdeb -d "Make a deb of its modules for each kernel"
complete -c dkms -n "$first" -a mkdsc -d "Make the source package of its deb"
complete -c dkms -n "$first" -a mkdriverdisk -d "Make a disk of its modules for an installer"
complete -c dkms -n "$first" -a mkkmp -d "Make a source rpm for the build of SUSE"
complete -c dkms -n "$first" -a mkrpm -d "Make an rpm of its source or its modules"
complete -c dkms -n "$first" -a ldtarball -d "Load a packed source and what was built"
complete -c dkms -n "$first" -a generate_mok -d "Make the key that modules are signed with"
complete -c dkms -n "$first" -a sign -d "Sign what is built anew"
complete -c dkms -n "$first" -a sign-status -d "Show whether modules will load"
complete -c dkms -n "$first" -a check -d "Examine the tree and every kernel"
complete -c dkms -n "$first" -a conf -d "Show what a dkms.conf says"
complete -c dkms -n "$later" -F
complete -c dkms -n "$later" -a "(__dkms_modules)" -d "Module"

complete -c dkms -s m -l module -x -a "(__dkms_modules)" -d "The module"
complete -c dkms -s v -l module-version -x -d "Its version"
complete -c dkms -s k -l kernelver -x -a "(__dkms_kernels)" -d "A kernel release"
complete -c dkms -s a -l arch -x -a "(uname -m)" -d "The architecture of the kernel"
complete -c dkms -s c -l conf -r -F -d "A dkms.conf to use instead"
complete -c dkms -l all -d "Every kernel that the module is built for"
complete -c dkms -l all-modules -d "sign: every module that is built"
complete -c dkms -l all-kernels -d "autoinstall: every kernel with headers"
complete -c dkms -l force -d "Do it again, or in spite of a check"
complete -c dkms -l force-version-override -d "Whatever version the kernel has itself"
complete -c dkms -s n -l dry-run -d "Show what would be done and stop"
complete -c dkms -l templatekernel -x -a "(__dkms_kernels)" -d "match: the kernel to take after"
complete -c dkms -l kernelsourcedir -x -a "(__fish_complete_directories)" -d "Kernel headers"
complete -c dkms -l headers -x -a "(__fish_complete_directories)" -d "Headers of a kernel to come"
complete -c dkms -l config -r -F -d "The kernel configuration to go by"
complete -c dkms -l directive -x -d "A dkms.conf directive that wins"
complete -c dkms -l archive -r -F -d "The tarball to make or load"
complete -c dkms -l binaries-only -d "mktarball, mkrpm: without the source"
complete -c dkms -l source-only -d "mktarball: without built modules"
complete -c dkms -l output -x -a "(__fish_complete_directories)" -d "packages: where the files go"
complete -c dkms -l revision -x -d "packages: the revision of the package"
complete -c dkms -l pkgname -x -d "packages: the name of the package"
complete -c dkms -l maintainer -x -d "packages: who answers for the package"
complete -c dkms -l license -x -d "packages: the license of the module"
complete -c dkms -l homepage -x -d "packages: where the module comes from"
complete -c dkms -l summary -x -d "packages: the package in a line"
complete -c dkms -l legacy-postinst -x -a "0 1" -d "mkdeb: whether a template gets common.postinst"
complete -c dkms -l distribution -x -d "mkdeb, mkbmdeb, mkdsc: what the changelog names"
complete -c dkms -s d -l distro -x -a "rhel suse debian ubuntu" -d "mkdriverdisk: the system"
complete -c dkms -s r -l release -x -d "mkdriverdisk: the release of the system"
complete -c dkms -l media -x -a "iso tar" -d "mkdriverdisk: iso or tar"
complete -c dkms -l label -x -d "mkdriverdisk: the name of the disk"
complete -c dkms -l spec -x -d "mkkmp: a spec in the source"
complete -c dkms -l with-cert -d "packages of modules: bring the certificate"
complete -c dkms -l coinstallable -d "mkbmdeb: no conflict with the package of the source"
complete -c dkms -l initramfs -d "mkbmdeb: refresh the initramfs"
complete -c dkms -l dkmstree -x -a "(__fish_complete_directories)" -d "The tree"
complete -c dkms -l sourcetree -x -a "(__fish_complete_directories)" -d "Where sources are"
complete -c dkms -l installtree -x -a "(__fish_complete_directories)" -d "Kernel directories"
complete -c dkms -l root -x -a "(__fish_complete_directories)" -d "Take system files from below it"
complete -c dkms -l symlink-modules -d "Link modules instead of copying"
complete -c dkms -l no-depmod -d "Do not run depmod"
complete -c dkms -l modprobe-on-install -d "Load the modules after installing them"
complete -c dkms -l rpm_safe_upgrade -d "For scriptlets of rpm packages"
complete -c dkms -s j -l jobs -x -d "Compilers at once"
complete -c dkms -l lock-timeout -x -d "Seconds to wait for another dkms"
complete -c dkms -l json -d "for programs: one object, or a line for each event"
complete -c dkms -l svg -r -d "timeline, graph: draw it into this file"
complete -c dkms -l lint -d "conf: what is wrong or fragile, framework.conf included"
complete -c dkms -l fix -d "check: repair what can be repaired"
complete -c dkms -s q -l quiet -d "Print nothing"
complete -c dkms -l verbose -d "Say more"
complete -c dkms -l debug -d "Say also what processes run, and what files are read"
complete -c dkms -s V -l version -d "Print the version of dkms"
complete -c dkms -s h -l help -d "Print the help"
