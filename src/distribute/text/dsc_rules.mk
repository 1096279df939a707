#!/usr/bin/make -f
%:
	dh $@

override_dh_auto_configure override_dh_auto_build override_dh_auto_test override_dh_auto_clean:

override_dh_auto_install:
	mkdir -p debian/{package}/usr/src
	cp -a {directory} debian/{package}/usr/src/

# The source goes along as it is: debhelper must not remove, link or normalise files of it.
override_dh_clean:
	dh_clean -d
	rm -rf debian/.debhelper debian/files debian/*.debhelper debian/*.debhelper.log \
		debian/*.substvars debian/debhelper-build-stamp

override_dh_fixperms:
	dh_fixperms -Xusr/src
	chmod -R u=rwX,go=rX debian/{package}/usr/src

override_dh_link override_dh_strip_nondeterminism override_dh_autoreconf override_dh_update_autotools_config:
