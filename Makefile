# The list of commands. `make run` and `make test` do all the set-up they need.
.DEFAULT_GOAL := help
SHELL := /usr/bin/env bash
export CARGO_TERM_COLOR ?= auto
export NEXT_TELEMETRY_DISABLED := 1

release := target/release/yardarm
debug   := target/debug/yardarm
# What `cargo test` of the workspace has built already: with other packages, most dependencies would have other features and
# be built again.
build-all := cargo build --workspace --all-features --bins --examples

.PHONY: help run build test test-rust test-ui test-clients test-typescript test-python test-sdk test-e2e test-fuzz test-long fuzz lint console tools openapi bench-eval bench-sdk bench-server bench-tenants clean

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: build ## Build what is missing, then start the demo: a server with a seeded shop
	$(release) demo

build: console ## target/release/yardarm, with the console inside
	cargo build --release --package yardarm-cli

console: ui/out/index.html

# `npm ci` takes the lock file as it is; `npm install` writes it anew, each release of npm in a way of its own.
ui/node_modules/.package-lock.json: ui/package.json ui/package-lock.json
	cd ui && npm ci --no-audit --no-fund
	@touch $@

ui/out/index.html: ui/node_modules/.package-lock.json $(shell find ui -type f \
	-not -path 'ui/node_modules/*' -not -path 'ui/out/*' -not -path 'ui/.next/*' 2>/dev/null)
	cd ui && npm run build
	@touch $@

# The second half waits for servers and browsers more than it computes, so fuzzing runs beside it.
test: tools lint test-rust test-ui ## Everything CI runs
	$(MAKE) --no-print-directory --jobs=2 test-clients test-fuzz
	@echo 'make test: all green'

# One after another: they share the packages that they build.
test-clients:
	$(MAKE) --no-print-directory test-typescript
	$(MAKE) --no-print-directory test-python
	$(MAKE) --no-print-directory test-sdk
	$(MAKE) --no-print-directory test-e2e

tools: ## What the tests need beyond Rust, Node and Python
	scripts/install-tools

lint: ## Formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings

test-rust: console ## Rust: unit, vectors, properties, contract on SQLite and Postgres, API
	cargo build --package yardarm-eval --target wasm32-unknown-unknown
	scripts/with-postgres cargo test --workspace --all-features

test-fuzz: ## Twenty seconds of each fuzz target
	fuzz/run.sh 20

test-ui: console ## The console's own tests
	cd ui && npm test

test-typescript: ## The TypeScript SDKs: lints, types, tests, packages in Node.js, Bun and Deno
	sdks/typescript/run-tests.sh

test-python: ## The Python SDK: lints, types, tests, wheel and sdist in clean environments
	sdks/python/run-tests.sh

test-sdk: console ## The contract of spec/sdk.md against every SDK
	$(build-all)
	YARDARM_BIN=$(CURDIR)/$(debug) e2e/sdk-contract/run.sh

test-e2e: console ## The real binary, real browsers and clients that nobody here wrote
	$(build-all)
	YARDARM_BIN=$(CURDIR)/$(debug) e2e/run.sh

test-long: console ## The long forms: 50 kill -9 cycles, more properties, SDKs under load for minutes
	$(build-all)
	YARDARM_LONG=1 YARDARM_CRASH_CYCLES=50 scripts/with-postgres cargo test --workspace --all-features
	YARDARM_LONG=1 YARDARM_BIN=$(CURDIR)/$(debug) e2e/sdk-contract/run.sh
	YARDARM_LONG=1 YARDARM_BIN=$(CURDIR)/$(debug) e2e/run.sh

fuzz: ## An hour of fuzzing, a quarter of it for each target
	fuzz/run.sh 900

openapi: ## Rewrite spec/openapi.json and the console's API types from the code
	cargo run --quiet --package yardarm-cli -- openapi > spec/openapi.json
	cd ui && npm run api

bench-eval: ## Evaluation in Rust against published crates (ARGS=--json for machines)
	cargo run --release --manifest-path bench/Cargo.toml --bin eval -- $(ARGS)

bench-server: build ## CPU of an OFREP request against a hello route; time until a change is visible
	bench/server.sh

bench-tenants: build ## What a tenant notices of another one that floods at fifty times its limit
	bench/tenants.sh

bench-sdk: ## The SDKs against published ones, a table for each language (ARGS=--json for machines)
	bench/sdk/typescript/run.sh $(ARGS)
	bench/sdk/python/run.sh $(ARGS)

clean: ## Remove what was built
	cargo clean
	rm -rf ui/out ui/.next ui/node_modules e2e/.work bench/target bench/out fuzz/target fuzz/corpus fuzz/artifacts \
		sdks/python/.work sdks/python/native/target bench/sdk/python/.work sdks/typescript/node_modules sdks/typescript/*/dist \
		sdks/typescript/server/src/module.js sdks/typescript/server/src/yardarm.wasm bench/sdk/typescript/node_modules
