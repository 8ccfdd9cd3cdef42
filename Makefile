# The front door; the build itself is Meson's. BUILD names the folder to build in.
BUILD ?= build
# Warnings are errors, as in the tests, so that both build once; `make WERROR=false` for other compilers.
WERROR ?= true
PROGRAM = $(BUILD)/src/cli/basanite
export NO_COLOR ?= 1

.PHONY: page all deps deps-check deps-dev demo install check check-all check-san check-clang check-fresh oracle neon bench fuzz lint clean

all:
	@tools/build.sh $(BUILD) -Dwerror=$(WERROR)

# Packages: what the program needs, what its tests need, what development needs.
deps:
	tools/deps.sh core
deps-check:
	tools/deps.sh check
deps-dev:
	tools/deps.sh dev

# The main job on the built-in model: it is certified by the built-in policy; a goal that fails is repaired by the policy's
# own act and measured again. A table here, the whole as one HTML file.
DEMO = $(BUILD)/demo
demo: deps all
	@mkdir -p $(DEMO)
	$(PROGRAM) certify --act --record $(DEMO)/demo.db
	@$(PROGRAM) certify --act --record $(DEMO)/demo.db --format html --out $(DEMO)/report.html --quiet
	@echo "report: $(DEMO)/report.html (open it in a browser); record: $(DEMO)/demo.db"

# Into /usr/local, or where PREFIX says.
PREFIX ?= /usr/local
install: all
	meson configure $(BUILD) --prefix $(abspath $(PREFIX))
	meson install -C $(BUILD)

# The page of `serve --page` from its source (Node.js 20.19 or newer); its built form is part of the tree.
page:
	cd web && npm ci --ignore-scripts && npm run build

# The built-in models from nothing: worlds, training, acceptance, card (docs/pocket.md). Stopped, it goes on when called again.
pocket: all
	tools/pocket.sh $(PROGRAM) $(BUILD)

# Speed of the parts beside the limit of this machine, and beside llama.cpp where that is installed (make oracle).
bench: all
	@tools/bench.sh $(PROGRAM) $(BUILD)

# All tests; the last line counts them.
check: deps-check
	@tools/check.sh $(BUILD) -Dwerror=$(WERROR)
# With those that take minutes.
check-all: deps-check
	@SLOW=1 tools/check.sh $(BUILD) -Dwerror=$(WERROR)
# The same tests under AddressSanitizer and UndefinedBehaviorSanitizer.
check-san: deps-check
	@tools/check.sh $(BUILD)-san -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
check-clang: deps-dev
	@CC=clang tools/check.sh $(BUILD)-clang -Dwerror=true
# Both README commands on a bare Debian 12 made for it in FRESH (needs root and mmdebstrap).
FRESH ?= /var/tmp/basanite-fresh
check-fresh: deps-dev
	tools/check_fresh.sh $(FRESH)

# Our tokenizers against a real llama.cpp and Hugging Face's library, which npm brings (see tests/oracle/README.md).
oracle: deps-check all
	@tools/oracle.sh $(BUILD)

# The kernels of AArch64, built for it and run by an emulator, against the bits of this machine's.
neon: deps-dev all
	@meson test -C $(BUILD) --no-rebuild --print-errorlogs program_neon

# cppcheck and clang-tidy over src/; ends with 1 on a finding. docs/results/lint.md says which were argued.
lint: deps-dev
	@tools/lint.sh $(BUILD)-clang

# The fuzz targets, SECONDS_EACH seconds each.
SECONDS_EACH ?= 300
fuzz: deps-dev
	@tools/fuzz.sh $(BUILD)-fuzz $(SECONDS_EACH)

clean:
	rm -rf $(BUILD) $(BUILD)-san $(BUILD)-clang $(BUILD)-fuzz
