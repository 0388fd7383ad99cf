# withheld. `make help` lists the targets; docs/testing.md explains the tests.
# Sources are found by folder, headers by the compiler: no file is listed by hand.

VERSION = 0.1.0
ABI     = 0

O        = build
prefix   = /usr/local
SETS     = build test
PYTHON   = /usr/bin/python3
# Libraries with, and without, a file for pkg-config. The archive of the latter is not PIC.
MODULES  = sqlcipher libcrypto libargon2 jansson libutf8proc libseccomp
PLAIN    = -lzxcvbn -lglpk -lm
SODIUM   = .deps/lib/libsodium.a
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,possible \
           --trace-children=no
ifeq ($(origin CC),default)
CC = gcc
endif
# In parallel, unless several goals must follow each other (clean check).
ifeq ($(MAKELEVEL)$(word 2,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

LIB_SRC   := $(wildcard vault/*.c vault/*/*.c)
CLI_SRC   := $(wildcard cli/*.c cli/*/*.c)
UNIT_SRC  := $(wildcard tests/unit/*.c)
BENCH_SRC := $(wildcard tests/bench/*.c)
MAN       := $(wildcard docs/man/*.1)
HEADERS    = vault.h $(shell sed -n 's/^\#include "\(.*\)"/\1/p' vault/vault.h)
LIB_OBJ   := $(LIB_SRC:%.c=$(O)/%.o)
CLI_OBJ   := $(CLI_SRC:%.c=$(O)/%.o)
UNIT_HELP := $(patsubst %.c,$(O)/%.o,$(filter-out tests/unit/test_%,$(UNIT_SRC)))
UNIT      := $(patsubst %.c,$(O)/%,$(filter tests/unit/test_%,$(UNIT_SRC)))
BENCH     := $(BENCH_SRC:%.c=$(O)/%)

# The compiler and the libraries may arrive during this very run: `once` asks them when the first
# recipe needs the answer, and keeps it.
once  = $(eval $1 := $(shell $2))$($1)
# Those flags this compiler knows (clang 14 lacks three).
known = for f in $1; do echo 'int x;' | $(CC) -Werror $$f -c -o /dev/null -x c - 2>/dev/null && echo $$f; done

PROBED   = $(call once,PROBED,$(call known,-Wtrampolines -Wbidi-chars=any -fcf-protection=full \
           -ftrivial-auto-var-init=zero -fstack-clash-protection))
PKG_INC  = $(call once,PKG_INC,pkg-config --cflags $(MODULES) | sed 's/-I/-isystem /g')
PKG_LIBS = $(call once,PKG_LIBS,pkg-config --libs $(MODULES))

DEFS     = -I. -isystem .deps/include -D_GNU_SOURCE -DSQLITE_HAS_CODEC \
           -DWITHHELD_VERSION=\"$(VERSION)\"
CFLAGS   = -O2 -g
WARN     = -Wall -Wextra -Wformat=2 -Wconversion -Wshadow -Wvla -Wstrict-prototypes \
           -Wmissing-prototypes -Wimplicit-fallthrough -Werror=implicit-function-declaration \
           $(if $(filter-out 0,$(WERROR)),-Werror)
HARDEN   = -fstack-protector-strong -fno-strict-overflow -fno-strict-aliasing \
           -fno-delete-null-pointer-checks $(PROBED)
FORTIFY  = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
LDHARDEN = -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed
ifdef SANITIZE
FORTIFY  = -U_FORTIFY_SOURCE -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDHARDEN = -fsanitize=$(SANITIZE)
endif
COMPILE  = $(CC) -std=c11 $(DEFS) $(PKG_INC) $(WARN) $(CPPFLAGS) $(CFLAGS) $(HARDEN) $(FORTIFY) \
           -fPIC -fvisibility=hidden -ffile-prefix-map=$(CURDIR)=. -MMD -MP
LINK     = $(CC) $(CFLAGS) $(LDFLAGS) $(LDHARDEN)
LIBS     = $(SODIUM) $(PKG_LIBS) $(PLAIN) -pthread

# One short line for each step; V=1 shows the commands instead.
say = $(if $(filter-out 0,$(V)),,@printf '  %-5s %s\n' $1 $2;)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help demo check check-asan check-valgrind check-fault fuzz property property-release names-report bench setup setup-system install uninstall \
        clean distclean FORCE

all: $(O)/withheld $(O)/libwithheld.a $(O)/libwithheld.so #: the program and both libraries (default)

help: #: this list
	@sed -n 's/^\([a-z][a-z-]*\):.*#: /\1 - /p' Makefile
	@echo
	@echo 'Variables: V=1 CC=clang WERROR=1 O=FOLDER SANITIZE=address T="suite..." DESTDIR= prefix='

# ---- build

$(O)/withheld: $(CLI_OBJ) $(LIB_OBJ)
	$(call say,LINK,$@)$(LINK) -pie -o $@ $^ $(LIBS)

# For the tests: every name of the library. (ar q, as r would let one sign.o replace another.)
$(O)/internal.a: $(LIB_OBJ)
	$(call say,AR,$@)rm -f $@ && ar qcsD $@ $^

# For others: only the names of vault.h, with our libsodium inside and out of the way of theirs.
$(O)/libwithheld.a: $(LIB_OBJ)
	$(call say,AR,$@)$(CC) -r -nostdlib -o $(O)/withheld.o $^ $(SODIUM) && \
	    objcopy --localize-hidden --wildcard --keep-global-symbol='vault_*' $(O)/withheld.o && \
	    rm -f $@ && ar qcsD $@ $(O)/withheld.o

$(O)/libwithheld.so: $(LIB_OBJ)
	$(call say,LINK,$@)$(LINK) -shared -Wl,-soname,libwithheld.so.$(ABI) -Wl,--exclude-libs,ALL \
	    -o $@ $^ $(LIBS)

$(O)/tests/unit/test_foreign_names: LDFLAGS += -Wl,--wrap=file_name_put -Wl,--wrap=file_name_valid

$(UNIT): $(O)/%: $(O)/%.o $(UNIT_HELP) $(O)/internal.a
	$(call say,LINK,$@)$(LINK) -pie -o $@ $^ $(LIBS) $$(pkg-config --libs cmocka)

$(O)/tests/page/render $(O)/tests/bench/bench_page: $(O)/tests/unit/sample_release.o
$(BENCH) $(O)/tests/names/report $(O)/tests/cli/join $(O)/tests/page/render: $(O)/%: $(O)/%.o $(O)/internal.a
	$(call say,LINK,$@)$(LINK) -pie -o $@ $^ $(LIBS)

# Text that the program hands out, as C strings.
$(O)/%.inc: %
	$(call say,TEXT,$<)mkdir -p $(@D) && sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< > $@

$(O)/vault/statement.o: DEFS += -I$(O)
$(O)/vault/statement.o: $(addprefix $(O)/vault/,check_statement.py.inc statement_readme.txt.inc)
$(O)/vault/handoff_plain.o: DEFS += -I$(O)
$(O)/vault/handoff_plain.o: $(O)/vault/handoff_open_me.txt.inc
$(O)/vault/release/page_html.o: DEFS += -I$(O)
$(O)/vault/release/page_html.o: $(addprefix $(O)/vault/release/,page.css.inc page.js.inc)

# Tables of names, as C: made by two programs, the second of which asks the library what a name sounds like.
TABLES    := vault/names/tables
TABLE_OBJ := $(addprefix $(O)/vault/names/,tables given)
$(addsuffix .o,$(TABLE_OBJ)): DEFS += -I$(O)
$(addsuffix .o,$(TABLE_OBJ)): %.o: %.inc
$(addsuffix .inc,$(TABLE_OBJ)): $(O)/vault/names/%.inc: $(O)/$(TABLES)/make_% $(wildcard $(TABLES)/*.tsv)
	$(call say,TABLE,$@)$< $(TABLES) > $@
$(addprefix $(O)/$(TABLES)/make_,tables given): $(O)/%: %.c $(wildcard $(TABLES)/*.h vault/names/*.h) $(O)/flags
	$(call say,TOOL,$@)mkdir -p $(@D) && $(COMPILE) -o $@ $< $(filter %.o,$^) $(PKG_LIBS)
$(O)/$(TABLES)/make_given: $(addprefix $(O)/vault/names/,letters.o sounds.o tables.o)

$(O)/%.o: %.c $(O)/flags
	$(call say,CC,$<)mkdir -p $(@D) && $(COMPILE) -c -o $@ $<

$(UNIT_SRC:%.c=$(O)/%.o): | .deps/test.ok

# Changes when the compiler or a flag does, so that objects of two kinds never meet.
$(O)/flags: FORCE | $(SODIUM)
	@mkdir -p $(O) && printf '%s\n' '$(COMPILE)' '$(LINK) $(LIBS)' > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

-include $(patsubst %.c,$(O)/%.d,$(LIB_SRC) $(CLI_SRC) $(UNIT_SRC) $(BENCH_SRC) tests/names/report.c tests/cli/join.c tests/page/render.c)

# ---- set-up: packages of the system, and libsodium in .deps/; see .setup/

setup: .deps/test.ok $(SODIUM) #: install what is missing (root or sudo), build libsodium

setup-system: #: as root: install the missing packages only (SETS=build: without those for tests)
	@sh .setup/system.sh $(SETS)

.deps/%.ok: .setup/packages
	@sh .setup/setup.sh $* && mkdir -p .deps && touch $@

.deps/test.ok: | .deps/build.ok

$(SODIUM): .setup/sodium.sh | .deps/build.ok
	@sh .setup/sodium.sh .deps

# ---- run and test

demo: $(O)/withheld #: build the program and show what it does
	@WITHHELD='$(abspath $(O)/withheld)' bash docs/demo/run.sh

check: all $(UNIT) $(O)/tests/names/report $(O)/tests/cli/join $(O)/tests/page/render | .deps/test.ok #: run the tests (T='kdf cli/' runs the suites whose names contain one)
	@O='$(O)' CC='$(CC)' PYTHON='$(PYTHON)' WRAP='$(WRAP)' sh tests/run.sh $(T)

check-asan: #: the same under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory O=$(O)/asan SANITIZE=address,undefined CFLAGS='-O1 -g' check

check-valgrind: #: the unit tests under valgrind
	@$(MAKE) --no-print-directory WRAP='$(VALGRIND)' T='$(or $(T),unit/)' check

check-fault: all $(O)/internal.a | .deps/test.ok #: kills, faults and damage at every point (ROUNDS=60)
	@O='$(O)' CC='$(CC)' PYTHON='$(PYTHON)' ROUNDS='$(or $(ROUNDS),60)' sh tests/fault/run.sh

fuzz: all #: hostile input by lot, with clang (TIME=600 seconds each, T='header armor')
	@O='$(O)' TIME='$(or $(TIME),600)' PYTHON='$(PYTHON)' sh tests/fuzz/run.sh $(T)

property: $(O)/tests/unit/test_offices #: 10,000 random histories of offices that exchange bundles (ROUNDS=, SEED=)
	@ROUNDS='$(ROUNDS)' SEED='$(SEED)' sh tests/property.sh $^

# The longest first.
property-release: $(addprefix $(O)/tests/unit/test_,table ledger release_property) #: the same of releases: what passes holds
	@ROUNDS='$(ROUNDS)' SEED='$(SEED)' sh tests/property.sh $^

names-report: $(O)/tests/names/report #: how well names are matched, on ../shared/data/names
	@d=../shared/data/names; [ -d $$d ] || { echo "$$d is not there"; exit 0; }; \
	    echo 'names of the DPRK' && $< $$d/ofac_dprk_pairs.tsv same-name-variant \
	        different-name-or-reading $$d/ofac_dprk_names.tsv && \
	    echo 'Russian and Ukrainian names' && $< $$d/ofac_ru_ua_pairs.tsv same-name different-name

bench: $(O)/withheld $(BENCH) #: measure (tests/bench/)
	@for b in $(abspath $(BENCH)); do echo "== $$b"; $$b || exit 1; done
	@for b in $(wildcard tests/bench/*.sh); do echo "== $$b"; \
	    WITHHELD='$(abspath $(O)/withheld)' PYTHON='$(PYTHON)' bash $$b || exit 1; done

# ---- install

install: all #: install below prefix=/usr/local (DESTDIR is honoured)
	install -d $(addprefix '$(DESTDIR)$(prefix)'/,bin lib/pkgconfig share/man/man1)
	install -m 755 $(O)/withheld '$(DESTDIR)$(prefix)/bin/'
	install -m 644 $(O)/libwithheld.a '$(DESTDIR)$(prefix)/lib/'
	install -m 755 $(O)/libwithheld.so '$(DESTDIR)$(prefix)/lib/libwithheld.so.$(ABI)'
	ln -sf libwithheld.so.$(ABI) '$(DESTDIR)$(prefix)/lib/libwithheld.so'
	sed 's|@prefix@|$(prefix)|; s|@version@|$(VERSION)|; s|@modules@|$(MODULES)|; s|@plain@|$(PLAIN)|' \
	    vault/withheld.pc.in > '$(DESTDIR)$(prefix)/lib/pkgconfig/withheld.pc'
	cd vault && for h in $(HEADERS); do \
	    install -D -m 644 $$h '$(DESTDIR)$(prefix)'/include/withheld/$$h || exit 1; done
	$(if $(MAN),install -m 644 $(MAN) '$(DESTDIR)$(prefix)/share/man/man1/')

uninstall: #: remove what install put there
	cd '$(DESTDIR)$(prefix)' && rm -rf bin/withheld lib/libwithheld.* lib/pkgconfig/withheld.pc \
	    include/withheld $(addprefix share/man/man1/,$(notdir $(MAN)))

clean: #: remove what was built
	rm -rf $(O)

distclean: clean #: also remove the fetched and built libsodium
	rm -rf .deps
