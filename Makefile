# The front door; the build itself is Meson's. BUILD names the folder to build in.
BUILD ?= build
PROGRAM = $(BUILD)/src/cli/basanite
export NO_COLOR ?= 1

.PHONY: all deps deps-check deps-dev demo check check-all check-san check-clang bench fuzz clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD)

# Packages: what the program needs, what its tests need, what development needs.
deps:
	tools/deps.sh core
deps-check:
	tools/deps.sh check
deps-dev:
	tools/deps.sh dev

# All tests; the last line counts them.
check: deps-check
	@tools/check.sh $(BUILD) -Dwerror=true
check-all: check
# The same tests under AddressSanitizer and UndefinedBehaviorSanitizer.
check-san: deps-check
	@tools/check.sh $(BUILD)-san -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
check-clang: deps-dev
	@CC=clang tools/check.sh $(BUILD)-clang -Dwerror=true

# The fuzz targets, SECONDS_EACH seconds each.
SECONDS_EACH ?= 300
fuzz: deps-dev
	@tools/fuzz.sh $(BUILD)-fuzz $(SECONDS_EACH)

clean:
	rm -rf $(BUILD) $(BUILD)-san $(BUILD)-clang $(BUILD)-fuzz
