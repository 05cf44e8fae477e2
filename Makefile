# usher: one makefile, no generator. `make help` lists the targets.
#
# BUILD=dir builds elsewhere; SAN=address|thread builds with sanitizers;
# FAIL_POINTS=1 compiles the named crash points in; NO_WALL=1 leaves the
# workers' wall timer out (only the attack harness wants that).

VERSION := 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
ifeq ($(origin CC),default)
CC := gcc
endif
CI      ?=

PACKAGES_BUILD := gcc pkg-config liblua5.4-dev lua-cjson-dev libjansson-dev \
    libmsgpack-dev libevent-dev node-llhttp libcurl4-openssl-dev \
    libsqlite3-dev libssl-dev libyajl-dev libpcre2-dev libutf8proc-dev libgumbo-dev \
    libcmark-dev libseccomp-dev zlib1g-dev libsystemd-dev libical-dev tzdata
PACKAGES_TEST  := libcmocka-dev curl jq libxml2-utils openssl sqlite3 lua5.4 lua-check
PACKAGES_CLANG := clang libclang-rt-14-dev
PACKAGES_STYLE := clang-format clang-tidy lua-check
PACKAGES_RT    := request-tracker5 rt5-db-sqlite rt5-standalone

LIBS := lua5.4 lua5.4-cjson jansson yajl msgpack libevent libevent_openssl \
    libevent_pthreads libcurl sqlite3 libcrypto libssl libpcre2-8 libutf8proc \
    gumbo libcmark libseccomp zlib libsystemd

# --- packages -------------------------------------------------------------
# $(call need,STAMP,PACKAGES): install what dpkg does not know, asking nothing.
# One stamp per list, so that parallel makes do it once; apt holds its own lock.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
define need
	@mkdir -p $(BUILD)/.packages
	@missing=; for p in $(2); do \
	    dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' \
	        || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	    echo "installing:$$missing"; \
	    ( flock 9; $(SUDO) apt-get -o DPkg::Lock::Timeout=600 update -qq && \
	      $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get \
	          -o DPkg::Lock::Timeout=600 install -y -qq \
	          --no-install-recommends $$missing ) 9>/tmp/.usher-packages.lock \
	      >$(BUILD)/.packages/$(1).log 2>&1 \
	    || { cat $(BUILD)/.packages/$(1).log; exit 1; }; \
	fi
	@touch $(BUILD)/.packages/$(1)
endef

# --- flags ----------------------------------------------------------------
# Asked for only after the packages are there, hence recursive variables.
PKG_CFLAGS = $(shell pkg-config --cflags $(LIBS) 2>/dev/null | sed 's/-I/-isystem /g')
# Lua goes in whole: its calls through a shared library's table cost a tenth of
# every script call (make bench BENCH_ONLY=decisions).
PKG_LIBS   = $(patsubst -llua5.4%,-l:liblua5.4%.a,$(shell pkg-config --libs $(LIBS) 2>/dev/null)) -lm -ldl

WARN := -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow \
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
    -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wswitch-enum \
    -Wnull-dereference -Wdouble-promotion
IS_CLANG := $(shell $(CC) --version 2>/dev/null | grep -c clang)
ifeq ($(IS_CLANG),0)
WARN += -Wduplicated-cond -Wlogical-op -Wjump-misses-init
endif
ifneq ($(CI),)
WARN += -Werror
endif

HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
    -fstack-clash-protection $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
ifeq ($(SAN),address)
MODE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer -DUSHER_SANITIZED
else ifeq ($(SAN),thread)
MODE := -O1 -g -fsanitize=thread -fno-omit-frame-pointer -DUSHER_SANITIZED
else
MODE := -O2 -g $(HARDEN)
endif
ifneq ($(FAIL_POINTS),)
MODE += -DUSHER_FAIL_POINTS
endif
ifneq ($(NO_WALL),)
MODE += -DUSHER_NO_WALL
endif
MODE += $(MUTATION)

CPPFLAGS_ALL = -Iengine -I$(BUILD) -isystem /usr/share/include/llhttp -D_GNU_SOURCE -DUSHER_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
CFLAGS_ALL   = -std=c17 -fPIE -pthread $(MODE) $(WARN) $(CFLAGS)
LDFLAGS_ALL  = -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(filter -fsanitize% -fno-sanitize%,$(MODE)) $(LDFLAGS)

# --- sources --------------------------------------------------------------
LAYERS := base model http store script flow cli
$(foreach l,$(LAYERS),$(eval SRC_$(l) := $(filter-out engine/cli/main.c,$(sort $(wildcard engine/$(l)/*.c)))))
$(foreach l,$(LAYERS),$(eval LIB_$(l) := $(BUILD)/lib$(l).a))
OBJ = $(patsubst %.c,$(BUILD)/%.o,$(1))

EMBEDDED := $(sort $(wildcard rules/std/*.lua rules/std/lexicons/*.txt rules/test/*.lua \
    rules/lint/*.lua rules/author/*.lua rules/config/*.lua \
    rules/starter/*.lua rules/shop/*.lua rules/saas/*.lua adapters/std/*.lua adapters/sources/*.lua \
    adapters/helpdesks/*.lua adapters/notifiers/*.lua))
EMBEDDED := $(filter-out adapters/%_test.lua,$(EMBEDDED))

.PHONY: all help
all: $(BUILD)/usher
help:
	@sed -n 's/^## *//p' $(MAKEFILE_LIST)

$(BUILD)/.packages/build:
	$(call need,build,$(PACKAGES_BUILD))
$(BUILD)/.packages/test: $(BUILD)/.packages/build
	$(call need,test,$(PACKAGES_TEST))
$(BUILD)/.packages/clang:
	$(call need,clang,$(PACKAGES_CLANG))
$(BUILD)/.packages/style:
	$(call need,style,$(PACKAGES_STYLE))
# Its questions are answered beforehand; its own instance is never used.
$(BUILD)/.packages/rt: tests/e2e/rt.debconf
	@command -v debconf-set-selections >/dev/null && $(SUDO) debconf-set-selections tests/e2e/rt.debconf
	$(call need,rt,$(PACKAGES_RT))

$(BUILD)/engine/%.o: engine/%.c | $(BUILD)/.packages/build
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c | $(BUILD)/.packages/test
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS_ALL) -Itests $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# llhttp is not our code: built as its authors build it, without our warnings.
LLHTTP := $(patsubst %,$(BUILD)/llhttp/%.o,api http llhttp)
$(BUILD)/llhttp/%.o: | $(BUILD)/.packages/build
	@mkdir -p $(@D)
	@mkdir -p $(@D)
	@$(CC) -std=gnu17 -fPIE $(MODE) -DLLHTTP_STRICT_MODE=1 -I/usr/share/include/llhttp -w -c -o $@ /usr/share/llhttp/$*.c

# The scripts that the binary carries.
$(BUILD)/embedded.c: $(EMBEDDED) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "script/set.h"'; i=0; \
	for f in $(EMBEDDED); do \
	  printf '__asm__(".section .rodata\\n.global embedded_%d\\nembedded_%d:\\n.incbin \\"%s\\"\\nembedded_%d_end:\\n.byte 0\\n.previous\\n");\n' $$i $$i $$f $$i; \
	  printf 'extern const char embedded_%d[], embedded_%d_end[];\n' $$i $$i; \
	  i=$$((i+1)); done; \
	echo 'const struct embedded_file embedded_files[] = {'; i=0; \
	for f in $(EMBEDDED); do \
	  printf '{"%s", embedded_%d, %d},\n' $$f $$i $$(wc -c < $$f); i=$$((i+1)); done; \
	echo '{0, 0, 0}};'; } > $@
$(BUILD)/embedded.o: $(BUILD)/embedded.c
	@$(CC) $(CPPFLAGS_ALL) -std=c17 -fPIE $(MODE) -c -o $@ $<

define library
$(LIB_$(1)): $(call OBJ,$(SRC_$(1)))
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call library,$(l))))

$(BUILD)/usher: $(BUILD)/engine/cli/main.o $(LIB_cli) $(LIB_flow) $(LIB_script) $(LIB_store) $(LIB_http) $(LIB_model) $(LIB_base) $(BUILD)/embedded.o $(LLHTTP)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter-out $(LIB_script),$(filter %.o %.a,$^)) -Wl,--whole-archive $(LIB_script) -Wl,--no-whole-archive $(LIB_base) $(PKG_LIBS)

# --- unit tests: tests/unit/LAYER/test_MODULE.c may use LAYER and below -----
UNIT_base   = $(LIB_base)
UNIT_model  = $(LIB_model) $(LIB_base)
UNIT_http   = $(LIB_http) $(LIB_base) $(LLHTTP)
UNIT_store  = $(LIB_store) $(LIB_model) $(LIB_base)
UNIT_script = $(LIB_script) $(LIB_model) $(LIB_base) $(BUILD)/embedded.o
UNIT_flow   = $(LIB_flow) $(LIB_script) $(LIB_store) $(LIB_http) $(LIB_model) $(LIB_base) $(BUILD)/embedded.o $(LLHTTP)
UNIT_cli    = $(LIB_cli) $(UNIT_flow)
UNITS :=
define unit
UNITS += $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/$(1)/test_*.c))
$(BUILD)/unit/$(1)/%: $(BUILD)/tests/unit/$(1)/%.o $(UNIT_$(1))
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	@$(CC) $(LDFLAGS_ALL) -o $$@ $$< -Wl,--start-group $$(filter %.a %.o,$(UNIT_$(1))) -Wl,--end-group -lcmocka $$(PKG_LIBS)
endef
$(foreach l,$(LAYERS),$(eval $(call unit,$(l))))

# --- what people run --------------------------------------------------------
.PHONY: run demo test test-unit test-lua test-flow layers format format-check \
    tidy check-asan check-tsan attack reloads crash fuzz bench e2e-rt install clean

## run       install what is missing, build, start with three conversations
run: $(BUILD)/usher $(BUILD)/.packages/test
	sh examples/quickstart/run.sh $(BUILD)/usher stay

## demo      the same, and exit 0 only if the three ended as they should
demo: $(BUILD)/usher $(BUILD)/.packages/test
	sh examples/quickstart/run.sh $(BUILD)/usher check

## test      all unit, Lua and flow tests
test: layers test-unit test-lua test-flow

test-unit: $(BUILD)/.packages/test $(UNITS)
	@sh tests/house/run-units.sh $(UNITS)

test-lua: $(BUILD)/usher
	@sh tests/house/run-scripts.sh 'Lua and command-line tests' $(BUILD)/usher tests/cli

test-flow: $(BUILD)/usher $(BUILD)/fake-vendor $(BUILD)/feed $(BUILD)/.packages/test
	@sh tests/house/run-scripts.sh 'flow tests' $(BUILD)/usher tests/flow

## layers    include directions, circles, confined headers
layers:
	@sh tests/house/layers.sh
	@sh tests/house/layers_test.sh

C_FILES = $(shell git ls-files 'engine/*.[ch]' 'tests/*.[ch]' 2>/dev/null)
## format    rewrite to the house's style; format-check only looks
format: $(BUILD)/.packages/style
	clang-format -i $(C_FILES)
format-check: $(BUILD)/.packages/style
	@clang-format --dry-run -Werror $(C_FILES)

## tidy      clang-tidy over the engine
TIDY = $(patsubst %.c,$(BUILD)/tidy/%,$(filter engine/%.c,$(C_FILES)))
$(BUILD)/tidy/%: %.c $(BUILD)/.packages/style $(BUILD)/.packages/build
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- -std=c17 $(CPPFLAGS_ALL) 2>/dev/null && touch $@
tidy:
	@$(MAKE) --no-print-directory $(TIDY) && echo "tidy: $(words $(TIDY)) files, nothing found"

## check-asan, check-tsan   the tests under sanitizers
check-asan: $(BUILD)/.packages/clang
	$(MAKE) BUILD=$(BUILD)/asan SAN=address test-unit test-lua test-flow
check-tsan: $(BUILD)/.packages/clang
	$(MAKE) BUILD=$(BUILD)/tsan SAN=thread test-tsan
.PHONY: test-tsan
test-tsan: $(filter $(BUILD)/unit/store/% $(BUILD)/unit/base/%,$(UNITS))
	@sh tests/house/run-units.sh $^

# --- proofs -------------------------------------------------------------------
$(BUILD)/fake-vendor: $(call OBJ,$(wildcard tests/fake/vendor*.c)) $(LIB_base)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)
$(BUILD)/feed: $(call OBJ,$(wildcard tests/fake/feed*.c)) $(LIB_base)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(BUILD)/bare: $(BUILD)/tests/bench/bare.o $(LIB_base) $(LLHTTP)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(BUILD)/bench-decide: $(BUILD)/tests/bench/bench_decide.o $(BUILD)/tests/bench/plain.o $(UNIT_flow)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter $(BUILD)/tests/%.o,$^) -Wl,--start-group $(filter %.a %.o,$(UNIT_flow)) -Wl,--end-group $(PKG_LIBS)

$(BUILD)/bench-walk: $(BUILD)/tests/bench/bench_walk.o $(BUILD)/tests/bench/plain.o $(UNIT_cli)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter $(BUILD)/tests/%.o,$^) -Wl,--start-group $(filter %.a %.o,$(UNIT_cli)) -Wl,--end-group $(PKG_LIBS)

## bench     figures beside their references; BUILD/bench.json
bench: $(BUILD)/usher $(BUILD)/bare $(BUILD)/feed $(BUILD)/fake-vendor $(BUILD)/bench-decide $(BUILD)/bench-walk $(BUILD)/.packages/test
	bash tests/bench/bench.sh $(BUILD)

$(BUILD)/attack: $(call OBJ,$(wildcard tests/attack/*.c)) $(UNIT_script)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter $(BUILD)/tests/%.o,$^) -Wl,--start-group $(filter %.a %.o,$(UNIT_script)) -Wl,--end-group $(PKG_LIBS)

## attack    every hostile script in real workers (ATTACKS=dir for others);
##           without the wall timer the judge must notice
ATTACKS ?= tests/attack $(wildcard ../shared/sandbox-attacks)
attack: $(BUILD)/attack
	$(BUILD)/attack $(ATTACKS)
	$(MAKE) BUILD=$(BUILD)/nowall NO_WALL=1 $(BUILD)/nowall/attack
	$(BUILD)/nowall/attack --must-fail tests/attack

## reloads   the rules change 1,000 times under load; 1,000 conversations are
##           decided by a draft in shadow too
reloads: $(BUILD)/usher $(BUILD)/fake-vendor $(BUILD)/feed $(BUILD)/.packages/test
	RELOADS=1000 USHER=$(abspath $(BUILD))/usher sh tests/flow/63-reload-under-load.sh
	CONVERSATIONS=1000 USHER=$(abspath $(BUILD))/usher sh tests/flow/88-shadow.sh

## crash     kill it at every point and at random: nothing lost, nothing twice
# The engine with its fail points in, and three with a planted bug each, which
# the checker must find.
crash: $(BUILD)/.packages/test
	$(MAKE) BUILD=$(BUILD)/crash FAIL_POINTS=1 all
	$(MAKE) $(BUILD)/fake-vendor $(BUILD)/feed
	$(MAKE) BUILD=$(BUILD)/crash-ack FAIL_POINTS=1 MUTATION=-DMUTATE_ACK_BEFORE_COMMIT all
	$(MAKE) BUILD=$(BUILD)/crash-resend FAIL_POINTS=1 MUTATION=-DMUTATE_RESEND_WITHOUT_LOOKUP all
	$(MAKE) BUILD=$(BUILD)/crash-lease FAIL_POINTS=1 MUTATION=-DMUTATE_LEASE_READY all
	bash tests/crash/crash.sh $(BUILD)/crash/usher $(BUILD)

## fuzz      libFuzzer over what comes from outside (FUZZ_SECONDS each)
FUZZ_SECONDS ?= 20
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz: $(BUILD)/.packages/clang $(BUILD)/.packages/build
	@mkdir -p $(BUILD)/fuzz
	@for f in $(FUZZERS); do \
	    clang $(CPPFLAGS_ALL) -std=c17 -g -O1 -fsanitize=fuzzer,address,undefined \
	        -fno-sanitize-recover=all -w -o $(BUILD)/fuzz/$$f tests/fuzz/$$f.c \
	        $(SRC_base) $(SRC_model) $(PKG_LIBS) && \
	    mkdir -p $(BUILD)/fuzz/corpus-$$f && \
	    $(BUILD)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
	        -rss_limit_mb=1024 -artifact_prefix=$(BUILD)/fuzz/ \
	        $(BUILD)/fuzz/corpus-$$f >$(BUILD)/fuzz/$$f.log 2>&1 \
	    && echo "ok $$f: $$(grep -c . $(BUILD)/fuzz/$$f.log) lines of log, $$(sed -n 's/^Done \([0-9]*\).*/\1/p' $(BUILD)/fuzz/$$f.log) runs" \
	    || { tail -40 $(BUILD)/fuzz/$$f.log; exit 1; }; \
	done

## e2e-rt    hand over to a real Request Tracker 5 on loopback
e2e-rt: $(BUILD)/usher $(BUILD)/.packages/rt $(BUILD)/.packages/test
	sh tests/e2e/rt.sh $(BUILD)/usher

install: $(BUILD)/usher
	install -D -m 755 $(BUILD)/usher $(DESTDIR)$(PREFIX)/bin/usher
	install -D -m 644 docs/usher.1 $(DESTDIR)$(PREFIX)/share/man/man1/usher.1
	install -D -m 644 examples/usher.service $(DESTDIR)$(PREFIX)/share/usher/usher.service

## clean     remove what was built
clean:
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/engine/*/*.d $(BUILD)/tests/*/*.d $(BUILD)/tests/*/*/*.d)
.SECONDARY:
