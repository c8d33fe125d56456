# dm-tools. `make` builds into build/, `make help` lists the targets. The rooms are data, and the data are the law:
# a room is linked with itself and the rooms below it, nothing else.

ROOMS := base text binlog config schema stream mysql rules meta status
below_base   :=
below_text   := base
below_binlog := text base
below_config := text base
below_schema := text base
below_stream := schema text base
below_mysql  := config schema binlog text base
below_rules  := config stream schema text base
below_meta   := mysql config stream schema binlog text base
below_status := text base
# From the top floor down, as the linker reads it.
FLOORS := meta mysql rules config stream schema status binlog text base

TOOLS := $(notdir $(patsubst %/main.c,%,$(wildcard tools/*/main.c)))

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
EXAMPLEDIR ?= $(PREFIX)/share/doc/dm-tools/examples
DESTDIR ?=

SAN ?=
comma := ,
B := build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || cat VERSION)

PKGS := libmariadb yaml-0.1 libpcre2-8 zlib libzstd libssl libcrypto
CC ?= cc
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla
WERROR ?=
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
CPPFLAGS += -Ilib -D_GNU_SOURCE -DDM_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=c11 $(CPPFLAGS) $(shell pkg-config --cflags $(PKGS)) $(WARN) $(if $(WERROR),-Werror) $(CFLAGS) $(SANFLAGS)
LDLIBS += $(shell pkg-config --libs $(PKGS)) -lpthread -lm

Q := $(if $(V),,@)
say = $(if $(V),,@printf '%-6s %s\n' '$(1)' '$(2)')

objs     = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))
archives = $(foreach r,$(1),$(B)/lib/$(r).a)

.PHONY: all install uninstall clean deb dist help check check-unit check-sim check-cli check-cases check-man check-layers check-headers \
	fuzz-targets check-replay check-fuzz check-fault check-e2e lint asan bench soak soak-load soak-shard soak-cases soak-examples fuzz fuzz-afl

COMPLETIONS := $(patsubst completions/%.in,$(B)/completions/%,$(wildcard completions/*.in))

all: $(TOOLS:%=$(B)/bin/%) $(B)/bin/dm $(COMPLETIONS)

$(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define room
$(B)/lib/$(1).a: $(call objs,lib/$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)$(AR) rcs $$@ $$^
$(B)/unit/$(1): $(call objs,tests/unit/$(1)) $(call archives,$(1) $(below_$(1)))
	@mkdir -p $$(@D)
	$$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

define tool
$(B)/bin/$(1): $(call objs,tools/$(1)) $(call archives,$(FLOORS))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool,$(t))))

# The driver is one script, put together of its parts: what stands first is read first, the command line last.
DRIVER := $(patsubst %,tools/dm/%.sh,head help text files tasks checker supervise commands relay members status sources config repair locks secrets complete main)
$(B)/bin/dm: $(DRIVER)
	@mkdir -p $(@D)
	$(Q)for part in $^; do sed 's|@VERSION@|$(VERSION)|' $$part && echo || exit 1; done >$@.tmp && chmod 755 $@.tmp && mv $@.tmp $@

$(B)/completions/%: completions/%.in $(TOOLS:%=tools/%/main.c)
	@mkdir -p $(@D)
	$(Q)sed 's|@TOOLS@|$(TOOLS)|' $< >$@

UNITS := $(foreach r,$(ROOMS),$(if $(wildcard tests/unit/$(r)/*.c),$(B)/unit/$(r)))

# A fuzz target is linked with replay.c, which drives it over files; or, for `make fuzz`, with libFuzzer.
FUZZ_TARGETS := $(filter-out replay,$(notdir $(basename $(wildcard tests/fuzz/*.c))))
FUZZ_ENGINE :=
FUZZ_SECONDS ?= 60
EXPRESSIONS ?= 20000
FUZZ_RUNS ?= 50000
fuzz_jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j $(or $(JOBS),$(shell nproc)))

# What targets take of a tool.
tool_objs = $(patsubst %,$(B)/tools/%.o,$(1))
fuzz_takes_table_filter = $(call tool_objs,dm-dump/table_filter)
fuzz_takes_rowfile = $(call tool_objs,$(addprefix dm-load/,rowfile input value_read words))
fuzz_takes_dump_metadata = $(call tool_objs,$(addprefix dm-load/,metadata catalog pattern input rowfile value_read words))

define fuzz_target
$(B)/fuzz/$(1): $(B)/tests/fuzz/$(1).o $(fuzz_takes_$(1)) $(if $(FUZZ_ENGINE),,$(B)/tests/fuzz/replay.o) $(call archives,$(filter-out meta mysql status,$(FLOORS)))
	@mkdir -p $$(@D)
	$$(Q)$(CC) $(SANFLAGS) $(FUZZ_ENGINE) $(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_target,$(t))))

# A simulation is linked with its tool, but for main.
SIMS := $(notdir $(basename $(wildcard tests/sim/*.c)))
$(SIMS:%=$(B)/sim/%): $(B)/sim/%: $(B)/tests/sim/%.o $(filter-out %/main.o,$(call objs,tools/dm-sync)) $(call archives,$(FLOORS))
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

fuzz-targets: $(FUZZ_TARGETS:%=$(B)/fuzz/%)

check: check-layers check-headers check-unit check-sim check-cli check-cases check-replay check-man

check-unit: $(UNITS)
	$(Q)tests/run-tap $(UNITS)

check-cli: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin tests/run-bats tests/cli

check-cases: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin tests/run-cases

cases-update: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin tests/run-cases --update

check-man: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin tests/run-man

# Random histories of rows: planned, cut, applied in any order. By hand: make check-sim HISTORIES=1000000
HISTORIES ?= 20000
check-sim: $(SIMS:%=$(B)/sim/%)
	$(Q)$(B)/sim/plan $(SEED) $(HISTORIES)
	$(Q)$(B)/sim/pessimist
	$(Q)$(B)/sim/decide
	$(Q)$(B)/sim/optimist $(SEED)

# Every input that is kept, seeds and what once broke something.
check-replay: fuzz-targets
	$(Q)tests/run-fuzz replay $(B)/fuzz $(FUZZ_TARGETS)

# The same with sanitizers, and FUZZ_RUNS changed inputs a target: the same ones each time.
check-fuzz:
	$(Q)$(MAKE) $(fuzz_jobs) SAN=address,undefined CFLAGS='-O1 -g' B=$(B)/fuzz-gcc fuzz-targets
	$(Q)FUZZ_RUNS=$(FUZZ_RUNS) tests/run-fuzz mutate $(B)/fuzz-gcc/fuzz $(FUZZ_TARGETS)

# NULL + 0, which clang minds, is the empty text's business; a later C allows it.
FUZZ_SANFLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=pointer-overflow -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

# make fuzz [FUZZ=name] [FUZZ_SECONDS=n]: one target, or each in turn. What it learns stays in $(B)/fuzz-clang/corpus.
fuzz:
	$(Q)tests/run-fuzz need-clang
	$(Q)$(MAKE) $(fuzz_jobs) CC=clang SANFLAGS='$(FUZZ_SANFLAGS)' FUZZ_ENGINE=-fsanitize=fuzzer CFLAGS='-O1 -g' B=$(B)/fuzz-clang \
		$(patsubst %,$(B)/fuzz-clang/fuzz/%,$(or $(FUZZ),$(FUZZ_TARGETS)))
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run-fuzz fuzz $(B)/fuzz-clang/fuzz $(or $(FUZZ),$(FUZZ_TARGETS))

# make fuzz-afl [FUZZ=name] [FUZZ_SECONDS=n]: the same with AFL++; what it learns stays in $(B)/fuzz-afl/NAME.
fuzz-afl:
	$(Q)tests/run-fuzz need-afl
	$(Q)AFL_QUIET=1 $(MAKE) $(fuzz_jobs) CC=afl-clang-fast SANFLAGS='$(subst fuzzer-no-link$(comma),,$(FUZZ_SANFLAGS))' \
		FUZZ_ENGINE=-fsanitize=fuzzer CFLAGS='-O1 -g' B=$(B)/fuzz-afl \
		$(patsubst %,$(B)/fuzz-afl/fuzz/%,$(or $(FUZZ),$(FUZZ_TARGETS)))
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run-fuzz afl $(B)/fuzz-afl/fuzz $(or $(FUZZ),$(FUZZ_TARGETS))

check-fault: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin B=$(B) CC='$(CC)' tests/run-bats tests/fault

check-e2e: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin tests/run-bats tests/e2e

check-layers:
	@rc=0; $(foreach r,$(ROOMS),for up in $(filter-out $(r) $(below_$(r)),$(ROOMS)); do \
		grep -n "#include \"$$up/" lib/$(r)/*.[ch] && rc=1; done;) \
		grep -n '#include "\.\./' tools/*/*.[ch] && rc=1; exit $$rc

check-headers:
	$(Q)for h in lib/*/*.h; do \
		$(CC) -std=c11 $(CPPFLAGS) $$(pkg-config --cflags $(PKGS)) $(WARN) -Werror -fsyntax-only -x c $$h || exit 1; done

lint:
	$(Q)tests/run-lint

asan:
	$(Q)$(MAKE) SAN=address,undefined all check

bench: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin tests/bench/run

# By hand, with any seed: make soak SEED=7 SECONDS=600
SEED ?= 1
SECONDS ?= 60
soak: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin tests/soak/run -s $(SEED) -t $(SECONDS)
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin EXPRESSIONS=$(EXPRESSIONS) SEED=$(SEED) BATS_TEST_TIMEOUT=1800 tests/run-bats tests/e2e expr.bats

# What check-e2e does a little of: one load killed LOAD_KILLS times, a server that asks for files behind every statement of every tool.
LOAD_KILLS ?= 50
soak-load: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin LOAD_KILLS=$(LOAD_KILLS) ROGUE_STEP=1 ROGUE_ALL=1 LC_ALL=C.UTF-8 TZ=UTC \
		bats --timing --filter 'AT-39|S4' tests/e2e/load-dir.bats tests/e2e/rogue.bats

# Processes killed at each kind of statement of the coordination of merged tables (POINTS=all: at each statement), and GROUPS_EACH * BATCHES
# groups in each mode that change in orders chosen at random.
POINTS ?= each
BATCHES ?= 5
soak-shard: all
	$(Q)DM_BIN=$(CURDIR)/$(B)/bin DM_ROOT=$(CURDIR) POINTS=$(POINTS) BATCHES=$(BATCHES) SEED=$(SEED) BATS_TEST_TIMEOUT=36000 LC_ALL=C.UTF-8 TZ=UTC \
		bats --timing tests/soak/shards.bats tests/soak/shard-wait.bats tests/e2e/shard-crash.bats
	$(Q)$(MAKE) soak-cases

# DM's cases of shard DDL with other servers than check-e2e has them on: UP= and DOWN= name kinds of server.
soak-cases: all
	$(Q)for pair in $(if $(UP),$(UP):$(or $(DOWN),mariadb),mysql:mariadb mysql:mysql mariadb:mysql); do \
		DM_BIN=$(CURDIR)/$(B)/bin DM_ROOT=$(CURDIR) UP=$${pair%:*} DOWN=$${pair#*:} BATS_TEST_TIMEOUT=3600 LC_ALL=C.UTF-8 TZ=UTC \
			bats --timing tests/e2e/shard-cases.bats || exit; done

# Each example with MySQL upstreams; check-e2e runs them with MariaDB.
soak-examples: all
	$(Q)for run in examples/*/run.sh; do \
		echo "$$run" && EXAMPLE_KIND=mysql $$run >$(B)/example.out 2>&1 || { cat $(B)/example.out; exit 1; }; done

# What goes where, a line each: a file of the tree or of $(B), its folder, its rights. bash and fish look for a file by the tool's name.
COMPLETED := dm $(TOOLS)
INSTALLED := $(foreach t,$(TOOLS) dm,$(B)/bin/$(t):$(BINDIR)/$(t):755) \
	$(foreach p,$(wildcard man/*.[157]),$(p):$(MANDIR)/man$(subst .,,$(suffix $(p)))/$(notdir $(p)):644) \
	$(foreach t,$(COMPLETED),$(B)/completions/dm.bash:$(BASHCOMPDIR)/$(t):644 $(B)/completions/dm.fish:$(FISHCOMPDIR)/$(t).fish:644) \
	$(B)/completions/_dm:$(ZSHCOMPDIR)/_dm:644 \
	$(foreach u,$(wildcard examples/systemd/*.service),$(u):$(UNITDIR)/$(notdir $(u)):644) \
	examples/systemd/dm.sysusers:$(SYSUSERSDIR)/dm.conf:644 \
	$(foreach f,$(filter-out examples/systemd/%,$(wildcard examples/*/*)),$(f):$(patsubst examples/%,$(EXAMPLEDIR)/%,$(f)):$(if $(filter %.sh,$(f)),755,644))
place = $(word 2,$(subst :, ,$(1)))

# Units find dm in systemd's PATH, which a prefix of one's own is not in.
install: all
	@set -e; for line in $(INSTALLED); do \
		from=$${line%%:*} to=$${line#*:}; mode=$${to##*:} to=$(DESTDIR)$${to%:*}; \
		install -D -m $$mode $$from $$to; \
	done
	$(if $(filter-out /usr/bin /usr/local/bin,$(BINDIR)),sed -i 's|exec dm |exec $(BINDIR)/dm |' $(DESTDIR)$(UNITDIR)/dm@.service)

uninstall:
	rm -f $(foreach line,$(INSTALLED),$(DESTDIR)$(call place,$(line)))
	@rmdir $(sort $(filter $(DESTDIR)$(EXAMPLEDIR)/%,$(dir $(foreach line,$(INSTALLED),$(DESTDIR)$(call place,$(line)))))) \
		$(DESTDIR)$(EXAMPLEDIR) $(dir $(DESTDIR)$(EXAMPLEDIR)) 2>/dev/null || :

clean:
	rm -rf build

# build/deb/dm-tools_VERSION_ARCHITECTURE.deb. Objects of their own, with Debian's flags.
deb:
	debian/rules binary DEB_DEST=build/deb

dist:
	git archive --prefix=dm-tools-$(VERSION)/ -o dm-tools-$(VERSION).tar.gz HEAD

help:
	@echo 'deb: the Debian package, in build/deb'
	@echo 'all install uninstall clean dist: as everywhere (PREFIX DESTDIR BINDIR MANDIR V=1 SAN=address,undefined)'
	@echo 'check: unit, cli, cases, fuzz replay, man, layers, headers; no network, no server'
	@echo 'check-fuzz: damaged inputs, with sanitizers    fuzz: libFuzzer on FUZZ=name, or each, for FUZZ_SECONDS'
	@echo 'fuzz-afl: AFL++ in its place'
	@echo 'check-e2e: real servers    check-fault: failing system calls    lint: shellcheck, -Werror, cppcheck, pages'
	@echo 'asan: all checks with address and undefined sanitizers    bench: timings beside the peers'
	@echo 'soak: random tables, changes, expressions between real servers (SEED= SECONDS= EXPRESSIONS=)    soak-load: loads killed LOAD_KILLS times, rogue servers'
	@echo 'soak-shard: merged tables changed in BATCHES= random orders, and killed at POINTS= (each, all, a number) places; and soak-cases    soak-examples: examples with MySQL upstreams'
	@echo 'soak-cases: DM'"'"'s cases of shard DDL with other pairs of servers (UP= DOWN=)'

-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)
