/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts about each cause. build/cause_patterns.c has their signs in a log. */
#include "build/causes.h"

#define NEWER_VERSION                                                                \
	"Get a version of {name} that supports this kernel. Until then, use one of " \
	"the kernels that it is built for: dkms status {name}"

/* The log is the build's own word: nothing that it says must make a careless step look harmless. */
#define TRUST                                                                  \
	"Only if you know its source and trust it with the whole system, set " \
	"build_sandbox=\"no\" in {override}."

static const struct cause causes[CAUSES] = {
	[CAUSE_OUT_OF_MEMORY] =
		{"out-of-memory",
		 "The compiler was killed: most often, the machine ran out of memory.",
		 "Let fewer compilers run at once (-j 1, or parallel_jobs=1 in "
		 "/etc/dkms/framework.conf), or add memory or swap space.",
		 NULL},
	[CAUSE_DISK_FULL] =
		{"disk-full", "There was no space left to write to.",
		 "Make room where {tree} is, and in /tmp, which for a build is memory: df -h "
		 "{tree} shows what is left.",
		 NULL},
	[CAUSE_PROCESS_LIMIT] =
		{"process-limit",
		 "The build could start no further process: it had as many as it may have, or the "
		 "machine has no more.",
		 "Raise processes= in build_limits (in {override}), or let fewer compilers run at "
		 "once (-j 1).",
		 NULL},
	[CAUSE_OTHER_KERNEL] =
		{"other-kernel",
		 "The build looks for headers at {subject}. They are not those of kernel "
		 "{kernel}, for which it was started.",
		 "MAKE in dkms.conf should name $kernel_source_dir or $kernelver. A Makefile "
		 "should use $(KERNELRELEASE), not the output of uname.",
		 NULL},
	[CAUSE_HEADERS_INCOMPLETE] =
		{"headers-incomplete",
		 "The headers of kernel {kernel} are there only in part: {subject} is missing.",
		 "Install them anew with all that they depend on: {headers_command}",
		 "Install the headers package of this kernel anew with all that it depends on."},
	[CAUSE_HEADERS_FOREIGN] =
		{"headers-foreign",
		 "The headers of kernel {kernel} hold programs that this system cannot run "
		 "({subject}): they were built for another one.",
		 "Use the headers that this distribution has for the kernel: {headers_command}",
		 "Use the headers that this distribution has for the kernel."},
	[CAUSE_COMPILER_MISSING] = {"compiler-missing", "The compiler {subject} is not installed.",
				    "Install it: {install}", "Install it."},
	[CAUSE_COMPILER_UNFIT] = {"compiler-unfit",
				  "The compiler does not fit kernel {kernel}, which was built by "
				  "{kernel_compiler}: {detail}.",
				  "Install the kernel's own compiler: {install_compiler}",
				  "Install the compiler that the kernel was built by."},
	[CAUSE_TOOL_MISSING] = {"tool-missing", "The program {subject} is missing.",
				"Install it: {install}", "Install the package that brings it."},
	[CAUSE_NOT_EXECUTABLE] =
		{"not-executable", "The build starts {subject}, which is not executable.",
		 "See that the source is complete, with the modes of its files: chmod +x {subject}",
		 NULL},
	[CAUSE_LIBRARY_MISSING] =
		{"library-missing",
		 "The build makes programs of its own, and a library for them is missing "
		 "({subject}).",
		 "Install it: {install}", "Install the library's development package."},
	[CAUSE_NETWORK_REFUSED] =
		{"network-refused", "A build has no network:\n  {line}",
		 "If you want to let this one use it, set build_network=\"yes\" in "
		 "{override}.",
		 NULL},
	[CAUSE_NETWORK_TOOL] = {"network-refused",
				"A build has no network, and this one calls {subject}:\n  {line}",
				"If you want to let this one use it, set build_network=\"yes\" in "
				"{override}.",
				NULL},
	[CAUSE_ODD_PATH] =
		{"odd-path",
		 "The path of the tree holds a blank or another special character: {tree}. Makefiles "
		 "and shells divide it there, and kbuild does not take such paths.",
		 "Use a tree whose path has letters, digits and any of _ . + - alone (--dkmstree, "
		 "dkms_tree).",
		 NULL},
	[CAUSE_NETWORK_TRIED] =
		{"network-refused",
		 "A build has no network, and this one tried to reach one. The source of {name} "
		 "may lack what was to be downloaded.",
		 "If you want to let this one use it, set build_network=\"yes\" in "
		 "{override}.",
		 NULL},
	[CAUSE_WRITE_REFUSED] =
		{"write-refused",
		 "A build may write only to its build directory, to its own place in the tree "
		 "and to /tmp:\n  {line}",
		 "It writes to its source: set build_in_source=\"yes\" in {in_source}.", TRUST},
	[CAUSE_ACCESS_REFUSED] =
		{"access-refused",
		 "A build runs as a user of its own, without the rights of root:\n  {line}", TRUST,
		 NULL},
	[CAUSE_RIGHT_REFUSED] =
		{"right-refused",
		 "A build gets no devices of the machine, and may do nothing that takes root:\n"
		 "  {line}",
		 TRUST, NULL},
	[CAUSE_OPTION_MISSING] =
		{"option-missing",
		 "{module} needs the option CONFIG_{subject}, which kernel {kernel} was "
		 "configured without.",
		 "Use a kernel that has it. Nothing that is installed along with this one can "
		 "bring it.",
		 NULL},
	[CAUSE_OPTION_OF_SYMBOL] =
		{"option-missing",
		 "{module} needs {subject}, which comes with the option CONFIG_{option}: kernel "
		 "{kernel} was configured without it.",
		 "Use a kernel that has it. Nothing that is installed along with this one can "
		 "bring it.",
		 NULL},
	[CAUSE_SOURCE_REFUSES] =
		{"source-refuses",
		 "The source of {module} itself refuses to be built like this: {subject}",
		 "Do as it says, or get a version of {name} that supports kernel {kernel}.", NULL},
	[CAUSE_INTERFACE_CHANGED] =
		{"interface-changed",
		 "{module} was written for another interface than that of kernel {kernel}: "
		 "{detail}.",
		 NEWER_VERSION, NULL},
	[CAUSE_SYMBOL_NOT_EXPORTED] =
		{"symbol-not-exported",
		 "Neither kernel {kernel} nor a module that {module} was built with exports "
		 "{subject}.",
		 "If another module is to bring it, name that one in BUILD_DEPENDS. " NEWER_VERSION,
		 NULL},
	[CAUSE_SYMBOL_NAMESPACE] =
		{"symbol-namespace",
		 "Kernel {kernel} keeps {subject} in a namespace that {module} does not import.",
		 NEWER_VERSION, NULL},
	[CAUSE_SYMBOL_GPL] =
		{"symbol-gpl",
		 "Kernel {kernel} gives {subject} only to modules under the GPL, and {module} "
		 "is under another license.",
		 NEWER_VERSION, NULL},
	[CAUSE_WARNING_AS_ERROR] =
		{"warning-as-error",
		 "The build takes warnings for errors (-Werror), and the compiler warns: {subject}.",
		 NEWER_VERSION, NULL},
	[CAUSE_OBJTOOL] =
		{"objtool",
		 "The kernel's objtool does not accept what was compiled, as happens with code "
		 "that comes without its source, and with a compiler that is newer than the "
		 "kernel.",
		 NEWER_VERSION, NULL},
	[CAUSE_SOURCE_EMPTY] = {"source-empty", "The source file of {subject} is empty.",
				"Get the source of {name} again: it is incomplete.", NULL},
	[CAUSE_LICENSE_MISSING] =
		{"license-missing",
		 "{module} does not say its license, as kernel {kernel} wants each module to do "
		 "(MODULE_LICENSE in {subject}).",
		 NEWER_VERSION, NULL},
	[CAUSE_FILE_MISSING] =
		{"file-missing",
		 "The file {subject} is neither in the source of {module} nor in the headers of "
		 "kernel {kernel}.",
		 "See that the source of {name} is complete, and that it supports this kernel.",
		 NULL},
	[CAUSE_NO_TARGET] =
		{"no-target", "The Makefile that make reads names nothing to make.",
		 "See that the source of {name} is complete: its Makefile may be empty.", NULL},
	[CAUSE_COMPILER_DIFFERS] =
		{"compiler-differs",
		 "The compiler ({subject}) is of another version than the kernel's "
		 "({kernel_compiler}).",
		 "Install the kernel's own compiler: {install_compiler}",
		 "Install the compiler that the kernel was built by."},
};

const struct cause *cause_of_kind(enum cause_kind kind)
{
	return &causes[kind];
}
