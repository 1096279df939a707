# A thin front to meson and the scripts: the commands of the README.
#
#	make			the program: build/dkms
#	make install		[DESTDIR=] [PREFIX=/usr]
#	make deb, make rpm	a package: build/dkms_VERSION_ARCH.deb, build/dkms-VERSION….rpm
#	make demo		builds and installs a real module for two kernels, in a private tree
#	make check-quick	unit tests, and one test of each file that tries the command line
#	make check		every test but those of whole systems; the last line is `N passed, N failed`. Tests that
#				take long run one of three functions, by turns with each commit (TURNS=1: all).
#				TESTS='e2e/life conf' chooses some, as for tests/run
#	make check-all		the same with nothing sampled: whole torture and systems, fuzzing: hours
#	make torture		kills and fails it at every step, not at a sample of them: long
#	make bench		how long things take
#	make fuzz		searches for bytes that break a parser: a minute each (tests/fuzz/fuzz)
#	make clean		all that was built; downloaded kernels stay (distclean takes them too)
BUILD := build
SANITIZED := build/sanitized
CLANG := build/clang
BENCH := build/bench
SHIPPED := $(BUILD)
TURNS := 3
TESTS :=
PREFIX ?= /usr
DESTDIR ?=

.PHONY: all sanitized strict clang install deb rpm demo check check-quick check-all torture bench fuzz clean distclean
all: $(BUILD)/build.ninja
	flock $(BUILD) ninja -C $(BUILD) dkms compiler-front make-front shell-front

$(BUILD)/build.ninja:
	@command -v meson >/dev/null && command -v ninja >/dev/null || { \
		echo 'meson or ninja is missing: run scripts/install-dependencies first.' >&2; exit 1; }
	meson setup $(BUILD) -Dtests=false -Db_pie=true --prefix=$(PREFIX)

# The tests run against this one: warnings are errors, ASan and UBSan watch. It has the debug information
# that a stack trace needs, and so builds twice as fast.
sanitized: $(SANITIZED)/build.ninja
	ninja -C $(SANITIZED)

$(SANITIZED)/build.ninja:
	meson setup $(SANITIZED) -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false \
		-Doptimization=1 -Dc_args=-g1

# The program as it is shipped, with warnings as errors from now on: some come with optimization only.
strict: $(BUILD)/warnings-are-errors
	$(MAKE) --no-print-directory all

$(BUILD)/warnings-are-errors: | $(BUILD)/build.ninja
	flock $(BUILD) meson configure $(BUILD) -Dwerror=true
	touch $@

# The other compiler, as strict. Its warnings need no optimization.
clang: $(CLANG)/build.ninja
	ninja -C $(CLANG)

$(CLANG)/build.ninja:
	CC=clang meson setup $(CLANG) -Dwerror=true -Doptimization=0 -Ddebug=false

install: all
	meson configure $(BUILD) --prefix=$(PREFIX)
	DESTDIR='$(DESTDIR)' meson install --strip -C $(BUILD)

deb rpm:
	scripts/install-dependencies $@
	scripts/make-package $@

demo:
	scripts/demo

check:
	scripts/install-dependencies check
	$(MAKE) --no-print-directory sanitized strict
	scripts/fetch-kernels
	DKMS_SHIPPED=$(SHIPPED) DKMS_TEST_TURNS=$(TURNS) tests/run $(SANITIZED) $(TESTS)

check-quick:
	scripts/install-dependencies check
	$(MAKE) --no-print-directory sanitized
	scripts/fetch-kernels
	tests/run $(SANITIZED) --quick

check-all:
	scripts/install-dependencies apt
	$(MAKE) --no-print-directory clang
	$(MAKE) --no-print-directory check DKMS_TORTURE=whole DKMS_ANALYZER_STEPS=225000 DKMS_STATIC=whole \
		ASAN_OPTIONS=detect_leaks=1 DKMS_TEST_TIMEOUT=36000 DKMS_SYSTEMS=yes SHIPPED=$(SANITIZED) TURNS=1
	$(MAKE) --no-print-directory fuzz
	scripts/real-packages

bench: all $(BENCH)/build.ninja
	ninja -C $(BENCH) tests/conf/conf_bench
	scripts/bench $(BUILD)/dkms $(BENCH)/tests/conf/conf_bench

$(BENCH)/build.ninja:
	meson setup $(BENCH)

torture: sanitized
	scripts/fetch-kernels
	DKMS_TORTURE=whole DKMS_TEST_TIMEOUT=36000 tests/run $(SANITIZED) torture/

fuzz:
	tests/fuzz/fuzz

clean:
	[ ! -d $(BUILD) ] || find $(BUILD) -mindepth 1 -maxdepth 1 \
		! -name kernels ! -name v4l2loopback -exec rm -rf {} +

distclean:
	rm -rf $(BUILD)
