# Shoal. `make help` lists the targets.

# One configuration serves build, tests, simulator and demo, so that nothing is compiled twice.
SWIFT := swift
BUILD := $(SWIFT) build -c release
TEST := $(SWIFT) test -c release --disable-testable-imports
SOURCES := Package.swift Sources Tests bench

NODES ?=
SEED ?= 7
SEEDS ?= 100
# Arguments of your own: make bench ARGS="detect --nodes 50", make goals ARGS=--quick
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test allocations build sim campaign bench bench-full goals ablation rivals format lint check clean

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
		printf 'make %-11s %s\n' "$$target" "$$text"; done

demo: ## Five agents as processes: join, kill, restart, leave. Installs what is missing.
	@.ci/install
	$(BUILD) --product shoal
	@.ci/demo .build/release/shoal

test: build allocations ## All tests. Installs what is missing.
	@.ci/test $(TEST)

allocations: build ## Count what a warm engine allocates per packet (nothing), and what a packet and a member cost.
	.build/release/AllocationProbe

build: ## Build everything. Installs what is missing.
	@.ci/install
	$(BUILD)

sim: build ## The faults that one seed draws, as a story: make sim SEED=7. At a size, with its figures: make sim NODES=200 SEED=7
	.build/release/shoal-bench sim --seed $(SEED) $(if $(NODES),--nodes $(NODES))
ifdef NODES
	.build/release/shoal-bench converge --nodes $(NODES) --seed $(SEED) --runs 1
	.build/release/shoal-bench disseminate --nodes $(NODES) --seed $(SEED) --runs 1
	.build/release/shoal-bench detect --nodes $(NODES) --seed $(SEED) --runs 1
endif

campaign: build ## Many such stories with as many seeds, each played twice and checked: make campaign SEEDS=100
	.build/release/shoal-bench campaign --seeds $(SEEDS)

bench: build ## A tour of two to five minutes, or a command of your own: make bench ARGS="detect --nodes 50 --loss 0.1"
	.build/release/shoal-bench $(or $(ARGS),tour)

bench-full: build ## Measure all of bench/RESULTS.md, hours; a broken run goes on where it was: make bench-full ARGS="--only ceiling"
	@[ -x .build/rivals/memberlist ] || $(MAKE) rivals
	.build/release/shoal-bench results --out bench/RESULTS.md $(ARGS)

goals: build ## Measure every goal beside its bound, minutes: make goals ARGS=--quick
	.build/release/shoal-bench goals $(ARGS)

ablation: build ## What each feature is worth, minutes: the same figures with each of them switched off.
	.build/release/shoal-bench ablation $(ARGS)

rivals: ## Build what Shoal is measured beside: memberlist, from Debian's packages. Installs what is missing.
	@.ci/install-rivals
	.ci/build-rivals

format: ## Format all sources in place.
	$(SWIFT) format format --in-place --parallel --recursive $(SOURCES)

lint: ## Fail on anything that is not formatted as .swift-format says.
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

# Warnings are errors here and nowhere else; the variable is the same for all steps, so that there is one build.
check: export SHOAL_WARNINGS_AS_ERRORS := 1
check: ## What continuous integration runs: lint, build, tests, simulator, demo.
	$(MAKE) lint
	$(MAKE) build
	$(MAKE) campaign SEEDS=30
	$(MAKE) sim
	$(MAKE) demo
	$(MAKE) test

clean: ## Remove everything that was built.
	rm -rf .build
