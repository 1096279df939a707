#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dkms_packages.py -m MODULE -v VERSION [-k KERNEL]

Called by dkms when a module could not be built: a crash report for the package that the module's
source is from, with the build's log.
"""
import argparse
import sys

import apport
import apport.fileutils
import apport.hookutils


def parse_arguments():
    parser = argparse.ArgumentParser(description="Report a module that could not be built.")
    parser.add_argument("-m", dest="module", required=True)
    parser.add_argument("-v", dest="version", required=True)
    parser.add_argument("-k", dest="kernel")
    return parser.parse_args()


def is_supported(kernel):
    """Only kernels of the distribution are worth a report to it."""
    try:
        return apport.packaging.is_distro_package(f"linux-headers-{kernel}")
    except ValueError:
        return False


def installed_version(package):
    try:
        return apport.packaging.get_version(package) or "(not installed)"
    except ValueError:
        return "(not installed)"


def first_error(log):
    return next((line.strip() for line in log.splitlines() if ": error:" in line), None)


def make_report(package, arguments):
    version = installed_version(package)
    report = apport.Report("Package")
    report["Package"] = f"{package} {version}"
    report["SourcePackage"] = apport.packaging.get_source(package)
    report["PackageVersion"] = version
    report["Title"] = f"{package} {version}: the kernel module {arguments.module} failed to build"
    if arguments.kernel:
        report["DKMSKernelVersion"] = arguments.kernel
    apport.hookutils.attach_file_if_exists(
        report,
        f"/var/lib/dkms/{arguments.module}/{arguments.version}/build/make.log",
        "DKMSBuildLog",
    )
    error = first_error(report.get("DKMSBuildLog", ""))
    if error:
        report["DuplicateSignature"] = f"dkms:{package}:{version}:{error}"
    return report


def main():
    arguments = parse_arguments()
    source = f"/usr/src/{arguments.module}-{arguments.version}"
    package = apport.packaging.get_file_package(source)
    if package is None:
        sys.exit(f"dkms_packages.py: {source} is of no package, so there is nobody to report to")
    if arguments.kernel and not is_supported(arguments.kernel):
        sys.exit(f"dkms_packages.py: {arguments.kernel} is no kernel of the distribution")
    report = make_report(package, arguments)
    with apport.fileutils.make_report_file(report) as file:
        report.write(file)


if __name__ == "__main__":
    main()
