# relayrace: one relay, written once per concurrency model.   make help
#
# Nothing is listed here. A .c file in models/, client/, experiments/ or tests/ that has a
# main() becomes a program of its name; all others of a folder go into that folder's
# library, and a program takes from the libraries what it uses. A new model is a new file.
# What lies in a folder preload/ becomes a library for LD_PRELOAD, and what lies in
# common/drivers/ a module: a server loads it if it is asked to.

# deps first, whatever -j says, and what needs them in a make of its own, which then sees
# them.
first = $(filter deps deps-dev deps-oracle,$(MAKECMDGOALS))
rest  = $(filter-out $(first),$(MAKECMDGOALS))
ifneq ($(and $(first),$(rest)),)
.NOTPARALLEL:
.PHONY: $(first) $(rest)
$(rest): | $(first)
$(first) $(rest):
	@$(MAKE) $@
else

# What a command line says goes to a shell as it is, and only what it says: an environment
# may have a NAME, too.
quoted = '$(subst ','\'',$1)'
told   = $(if $(filter command,$(origin $1)),$(call quoted,$($1)),'')

ifneq ($(filter 0 no,$(SANITIZE)),)
override SANITIZE =
endif
# Objects and programs; checked builds have a place of their own.
B       = build$(if $(SANITIZE),/$(SANITIZE))
BIN     = $(if $(SANITIZE),$(B)/bin,bin)

CC      = gcc
CFLAGS  = -O2 -g
STRICT  = -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes \
          -Wmissing-prototypes
CHECKED = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
          -fno-sanitize-recover=undefined)
includes = -Icommon/core -Icommon/system -Iclient
ALL_CFLAGS = $(STRICT) -pthread $(includes) -MMD -MP \
          $(CFLAGS) $(CHECKED)
LIBS    = -Wl,--as-needed -lwslay -lhttp_parser -lnettle -lev -luring -lm -pthread \
          $(LDLIBS)

PRELOADS = $(wildcard */preload/*.c)
DRIVERS  = $(wildcard common/drivers/*.c)
sources  = $(filter-out $(PRELOADS) $(DRIVERS),$(wildcard $1/*.c) $(wildcard $1/*/*.c))
mains    = $(shell grep -lsw '^int main' $(call sources,$1) /dev/null)
objects  = $(patsubst %.c,$B/%.o,$(filter-out $(call mains,$1),$(call sources,$1)))

# In the order of style.gp's rows, and others, a student's, after these by name.
known    := $(shell sed -nE '/^.familiar/,/^END/s/^([a-z][a-z0-9_]*) .*/\1/p' \
    experiments/style.gp)
found    := $(sort $(basename $(notdir $(call mains,models))))
familiar := $(filter $(found),$(known))
others   := $(filter-out $(known),$(found))
MODELS   ?= $(strip $(familiar) $(others))# some: make … MODELS="a b"
PROGRAMS := $(foreach d,models client experiments,$(call mains,$d))
TESTS    := $(call mains,tests)
UNITS    := $(filter tests/test_%,$(TESTS))

# How objects are made: they are made again when that is another way. A goal that makes
# none, and make -n, leave it as it is. (For diff, B is a model.)
how := $(CC) $(ALL_CFLAGS) $(LIBS) $(shell $(CC) --version 2>/dev/null)
ifneq ($(filter-out help clean uninstall diff deps%,$(or $(MAKECMDGOALS),all)),)
ifeq ($(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),)
ifneq ($(file <$B/how),$(how))
$(shell mkdir -p $B)$(file >$B/how,$(how))
endif
endif
endif

# A driver is NAME.c, with a line `Links: -lLIBRARY`, and its parts, NAME_*.c. It is built
# where its library is installed.
links    = $(shell sed -n 's/^ \* Links: \([^*]*\).*/\1/p' $1)
builds   = $(shell $(CC) $(includes) -M $1 >/dev/null 2>&1 && echo $1)
wanted  := $(shell grep -ls '^ \* Links: ' $(DRIVERS) /dev/null)
drivers := $(foreach d,$(wanted),$(call builds,$d))
modules  = $(patsubst %.c,$(BIN)/%.so,$(notdir $(drivers)))
missing  = $(notdir $(basename $(filter-out $(drivers),$(wanted))))

.DEFAULT_GOAL = all
.SECONDARY:
.PHONY: all
all: $(addprefix $(BIN)/,$(notdir $(basename $(PROGRAMS)))) $(modules) build/shop.sqlite ## build every model and client into bin/
	$(if $(missing),@echo "(without $(missing): make deps-dev installs its library)")
	@exec env BIN=$(BIN) experiments/record $(call quoted,$(CC)) \
		$(call quoted,$(CFLAGS) $(SANITIZE:%=-fsanitize=%))

-include $(wildcard $B/*/*.d $B/*/*/*.d)

$B/%.o: %.c $B/how
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$B/%.o: %.S $B/how
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$B/libclient.a: $(call objects,client)
$B/libcommon.a: $(call objects,common) $(patsubst %.S,$B/%.o,$(wildcard common/*/*.S))
$B/libtests.a:  $(call objects,tests)
$B/%.a:
	@rm -f $@ && ar rcs $@ $^

$(BIN)/%.so: tests/preload/%.c $B/how
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) -shared -fPIC -o $@ $<

# What a module needs of us it has itself, and of it only one name is seen.
$(BIN)/%.so: common/drivers/%.c common/core/frame.c common/core/die.c \
  $(DRIVERS) $(wildcard common/*/*.h) $B/how
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -shared -fPIC -fvisibility=hidden \
		-o $@ $(wordlist 1,3,$^) $(wildcard common/drivers/$*_*.c) $(call links,$<)

# The database of the examples and of the experiments.
build/shop.sqlite: experiments/lib/shop experiments/lib/shop.sql
	@mkdir -p $(@D)
	@exec experiments/lib/shop $@

# A program is its own object and what it takes from the libraries.
define program
$(BIN)/$(notdir $(basename $1)): $(patsubst %.c,$B/%.o,$1) \
  $(if $(filter tests/%,$1),$B/libtests.a) $B/libclient.a $B/libcommon.a
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) -o $$@ $$^ $$(LIBS) \
		$(if $(filter tests/%,$1),-lcmocka -lcrypto -ljansson -lsqlite3)
endef
$(foreach p,$(PROGRAMS) $(TESTS),$(eval $(call program,$p)))

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.*## /make \1                 \t/p' Makefile | \
		sed -E 's/^(.{22}) *\t/\1 /'
	@echo "models: $(MODELS)"

# A checked build must not hoard what is freed: tests watch the servers' memory.
export ASAN_OPTIONS = quarantine_size_mb=1
# Nor linger at its end; and a crew that is computing when the server has to go is left
# behind.
export TSAN_OPTIONS = atexit_sleep_ms=0 report_thread_leaks=0

# A checked build has nothing to add to what is tested of texts and scripts.
.PHONY: test test-unit test-conformance test-runner test-scaling test-install test-museum
.PHONY: test-persistence test-overload
.PHONY: test-text-short test-text test-lab test-ladder test-steps test-verdicts
.PHONY: test-layout test-experiments test-long test-matrix test-shown
unchecked-only = test-text-short test-lab test-ladder test-floors test-layout
scripts-tested = $(if $(SANITIZE),,$(unchecked-only)) test-verdicts test-surroundings \
    test-runner test-scaling test-overload test-persistence test-shown test-install \
    test-museum
# Nearly all of it waits most of its time and runs side by side, what takes longest first;
# a checked build computes more. A -j of the caller's own is left as it is.
beside = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-O -j$(if $(SANITIZE),2,4))
test: ## every test; SANITIZE=address,undefined or thread for a checked build
	@$(MAKE) -s $(beside) programs
	@echo "(side by side: each has its say when it ends, after a minute or two)"
	@$(MAKE) -s $(beside) test-conformance $(scripts-tested) test-unit

units = $(notdir $(basename $(UNITS)))
test-unit: all $(units:%=$(BIN)/%) ## unit tests of the core and of the clients
	@$(MAKE) -s $(beside) $(units:%=run-%)

# What runs the load client as a user does takes its seconds.
swift = $(filter-out test_load_% test_post%,$(units))
.PHONY: quick
quick: ## before each commit, 20 s: build, quick unit tests, texts, lint of what has changed
	@$(MAKE) -s $(beside) programs
	@exec tests/quick $(swift:%=$(BIN)/%)

.PHONY: $(units:%=run-%)
$(units:%=run-%): run-%: $(BIN)/%
	@exec tests/units $<

.PHONY: test-floors
test-floors: $(patsubst %.c,$B/%.o,$(wildcard common/core/*.c)) ## the core calls nothing that waits, and nothing of the other floor
	@exec tests/floors $^

preloads = $(patsubst %.c,$(BIN)/%.so,$(notdir $(PRELOADS)))
.PHONY: programs
programs: all $(addprefix $(BIN)/,$(notdir $(basename $(TESTS)))) $(preloads) ## build them and the tests: -j4 on four cores

test-conformance: all $(BIN)/conformance $(preloads) ## the relay's contract, on every model: MODELS="epoll thread" for some
	exec env BIN=$(BIN) $(BIN)/conformance $(MODELS)

test-long: export LOAD_SECONDS ?= 10
test-long: all $(BIN)/conformance $(preloads) ## the long trials alone; LOAD_SECONDS=120: an hour's worth of messages
	exec env BIN=$(BIN) LONG=1 $(BIN)/conformance $(MODELS)

test-matrix: all $(BIN)/conformance $(preloads) ## the same and the long trials: events by models, into results/matrix/
	@exec env BIN=$(BIN) tests/matrix $(MODELS)

# What a student's model has to stand, and what it does not yet: in words, one step after
# the other. Names of models and guesses come from the command line, and go on as they
# are.
.PHONY: new-model lab-tools check grade predict
new-model: ## lay down models/NAME.c, a model to be filled in: NAME=mine
	@tutorial/lab/new-model $(call told,NAME)

# The models that are known to hold show whether a trial fails by the model or by the
# machine.
compile  = $(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS))
lab = exec env BIN=$(BIN) COMPILE=$(call quoted,$(compile)) CONTROLS='$(familiar)' \
    tutorial/lab
lab-tools: $(addprefix $(BIN)/,conformance enclose test_models $(familiar)) $(preloads)

check: ## what does not hold yet in a model, and what to look at: MODEL=mine
	@$(MAKE) -qs lab-tools || echo "(first the tests are built, which takes a minute)"
	@$(MAKE) -s lab-tools
	@$(lab)/check $(call told,MODEL)

grade: ## for a teacher: what holds, and what it costs beside its like: MODEL=mine GRADE=file.json
	@$(MAKE) -s lab-tools
	@$(lab)/grade $(call told,MODEL)

predict: ## your guess against what was measured: LAB=06 LONGEST_NAP=20 MODEL=epoll
	@tutorial/lab/predict $(MAKEOVERRIDES)

test-lab: all lab-tools ## the lab: a model laid down, guesses judged
	@tests/lab

test-steps: all lab-tools ## and `make check` on a model that is broken at each step
	@tests/lab steps

.PHONY: test-check
test-check: all lab-tools ## every model passes `make check`
	@tests/lab models

test-install: all ## what `make install` installs, and the man pages
	@exec env BIN=$(BIN) tests/install

test-runner: ## what experiments/run promises: one that fails, is interrupted, or stands
	@tests/runner

test-scaling: ## what experiment 13 says of other machines than this one, on runs that are made up
	@tests/scaling

test-overload: ## what experiment 15 says of queues and users that are played, by its law and otherwise
	@tests/overload

test-persistence: ## what experiment 17 says of databases that obey the law, and of others that do not
	@tests/persistence

test-shown: ## which models an experiment shows, and that charts tell eighteen apart
	@tests/shown

.PHONY: test-surroundings test-surroundings-each
test-surroundings: all $(addprefix $(BIN)/,conformance forbid test_models) ## what comes out does not depend on who calls: a hostile caller of every kind
	@exec tests/surroundings

test-surroundings-each: all $(addprefix $(BIN)/,conformance forbid test_models) ## the same, one kind after the other, with runs and signals; minutes
	@exec tests/surroundings each

test-layout: ## how wide lines are
	@tests/layout

test-museum: ## every exhibit's patch applies, and its story quotes what is there
	@tests/museum

test-ladder: $(addprefix $B/anatomy/,epoll sigio thread) ## models side by side, and one message drawn: nothing is lost
	@exec env BIN=$B/anatomy tests/ladder

test-text: all ## every command, quote, link and anchor of README.md and TUTORIAL.md
	@tests/text

test-text-short: all # without what takes long; and that it can fail
	@tests/text short
	@tests/text-fails

test-verdicts: ## the rules of evidence on made-up data; the committed data, judged again, come to what is committed
	@tests/rules
	@tests/verdicts

test-experiments: test-verdicts ## every experiment at its smallest, verdicts fed with contradicting data, the page in a browser
	@$(MAKE) experiments QUICK=1
	@tests/verdicts results/[0-9]*
	@tests/experiments

.PHONY: test-clients
test-clients: all ## clients and servers that others have written, where they are installed
	@exec env BIN=$(BIN) tests/clients/run $(MODELS)

.PHONY: test-postgres
test-postgres: programs ## with a real PostgreSQL behind them, which it starts: the driver, and every model
	@exec env BIN=$(BIN) tests/postgres $(MODELS)

.PHONY: lint coverage test-valgrind fuzz
lint: ## what reads the code without running it must have nothing to remark
	@tests/lint

coverage: ## how much of common/ the tests run
	@mkdir -p build
	@tests/coverage

test-valgrind: all $(BIN)/test_coro $(BIN)/test_hub ## coroutines under valgrind, which knows their stacks
	@tests/valgrind

fuzz: ## feed the core what a fuzzer makes up: FUZZ_SECONDS=600 FUZZER=afl
	@tests/fuzz/run

.PHONY: new-experiment experiments bench bench-client report report-text reference
.PHONY: rejudge requote
new-experiment: ## lay down experiments/NN-NAME, a small one that runs: NAME=mine NUMBER=42
	@experiments/new-experiment $(call told,NAME) $(call told,NUMBER)

experiments: all ## measure, draw and judge, into results/: ONLY=01 MODELS="a b" MODELS=all QUICK=1 FULL=1 PAPER=1 FRESH=1
	@exec env BIN=$(BIN) TARGET=experiments experiments/run

bench: all ## echo, fan-out and idle memory against the speed of light: QUICK=1 BLOCKS=5
	@exec env BIN=$(BIN) TARGET=bench ONLY=bench experiments/run

bench-client: all ## is the load client fast enough to be the yardstick? beside wrk: QUICK=1 BLOCKS=5
	@exec env BIN=$(BIN) TARGET=bench-client ONLY=bench-client experiments/run

report: ## results/index.html, one page of all results; at the end of `make experiments`, too
	@experiments/report results

report-text: ## the same for a terminal
	@experiments/report-text results

measured = $(wildcard results/[0-9]* results/bench* results/matrix)
reference: ## keep the results of the last runs in results/reference/, to be committed
	@mkdir -p results/reference
	@set -e; cd results; for r in $(notdir $(measured)); do rm -rf reference/$$r; \
		cp -r $$r reference/; echo results/reference/$$r; done
	@experiments/lean $(patsubst %,results/reference/%,$(notdir $(measured)))

rejudge: ## after a change of a judge: judge and draw results/reference/ again, without measuring
	@experiments/rejudge

requote: ## after a new reference: bring what the texts quote from it up to date
	@tests/requote

.PHONY: diff side-by-side anatomy
diff: ## two models side by side, aligned case by case: A=thread B=epoll
	@exec tutorial/ladder/diff $(call told,A) $(call told,B)

side-by-side: ## results/models.html: any two or three models aligned in a page, with their costs
	@tutorial/ladder/side-by-side

.PHONY: museum
museum: all $(BIN)/conformance ## classic mistakes, each caught, and each corrected one clean: ONLY="sigpipe zombies"
	@exec env CC=$(call quoted,$(CC)) CFLAGS=$(call quoted,$(CFLAGS)) \
		tutorial/museum/run

# The models themselves, but what the core asks of them is told in their trace.
overheard = -Wl,--wrap=peer_new,--wrap=peer_next,--wrap=peer_push,--wrap=peer_feed \
    -Wl,--wrap=peer_sending,--wrap=peer_sent
$B/anatomy/%: $B/models/%.o $B/tutorial/anatomy/wants.o $B/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(overheard) -o $@ $^ $(LIBS)

anatomy: $(addprefix $B/anatomy/,$(MODELS)) ## results/anatomy/MODEL.svg: the way of one message, as strace saw it: MODELS="a b"
	@exec env BIN=$B/anatomy tutorial/anatomy/draw $(MODELS)

.PHONY: deps deps-dev deps-oracle
deps: ## install the Debian packages that are missing
	@./deps

deps-dev: ## and those that only some tests want; they are left out with a word where missing
	@./deps dev

deps-oracle: ## fetch what tests/test_oracle.c asks, from npm; it is skipped without
	npm ci --prefix tests/oracle --no-fund --no-audit

.PHONY: install uninstall
PREFIX  = /usr/local
bindir  = $(call quoted,$(DESTDIR)$(PREFIX)/bin)
mandir  = $(call quoted,$(DESTDIR)$(PREFIX)/share/man)
libdir  = $(call quoted,$(DESTDIR)$(PREFIX)/lib/relayrace)
clients = $(notdir $(basename $(call mains,client)))
pages   = $(notdir $(wildcard man/*.[1-9]))

# A model's page is a link to the one that they share. In a PATH each program has
# relayrace- before its name: select and load would be too good to be taken.
install: all ## programs and man pages into PREFIX=/usr/local, below DESTDIR=
	install -d $(bindir) $(libdir) $(mandir)/man1 $(mandir)/man7
	for p in $(MODELS) $(clients); do \
		install $(BIN)/$$p $(bindir)/relayrace-$$p || exit; done
	for p in $(modules); do install -m 644 $$p $(libdir) || exit; done
	for p in $(pages); do install -m 644 man/$$p $(mandir)/man$${p##*.} || exit; done
	for m in $(MODELS); do \
		ln -sf relayrace-relay.1 $(mandir)/man1/relayrace-$$m.1 || exit; done

uninstall: ## remove what install has put there
	for p in $(MODELS) $(clients); do rm -f $(bindir)/relayrace-$$p; done
	for p in $(notdir $(basename $(wanted))); do rm -f $(libdir)/$$p.so; done
	rmdir $(libdir) 2>/dev/null || true
	for p in $(pages); do rm -f $(mandir)/man$${p##*.}/$$p; done
	for m in $(MODELS); do rm -f $(mandir)/man1/relayrace-$$m.1; done

.PHONY: clean
clean: ## remove what was built (results stay)
	rm -rf build bin
endif
