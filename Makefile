# A thin front to meson: the commands of the README.
BUILD := build
SANITIZED := build/sanitized

.PHONY: all sanitized
all: $(BUILD)/build.ninja
	ninja -C $(BUILD) dkms

$(BUILD)/build.ninja:
	meson setup $(BUILD) -Dtests=false

# The tests run against this one: warnings are errors, ASan and UBSan watch.
sanitized: $(SANITIZED)/build.ninja
	ninja -C $(SANITIZED)

$(SANITIZED)/build.ninja:
	meson setup $(SANITIZED) -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false
