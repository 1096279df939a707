#!/usr/bin/make -f
%:
	dh $@

override_dh_auto_configure override_dh_auto_build override_dh_auto_test override_dh_auto_clean:

override_dh_auto_install:
	mkdir -p debian/{package}/usr/src
	cp -a {directory} debian/{package}/usr/src/
