# Everything starts here: `make help` lists what there is.
BUN = node_modules/.bin/bun
SOURCES = $(shell find src -name '*.ts')
COMPILE = --compile --minify --bytecode --format=esm --no-compile-autoload-dotenv --no-compile-autoload-bunfig

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

build: dist/bin/fairlead ## The binary for this machine: dist/bin/fairlead

dist/bin/fairlead: $(SOURCES) package.json node_modules/.installed
	mkdir -p dist/bin
	$(BUN) build $(COMPILE) src/main.ts --outfile $@

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund
	touch $@

check: node_modules/.installed ## Types, format, lint
	$(BUN) check
	$(BUN) fmt --check src test
	node_modules/.bin/oxlint src test

test: build ## Every test
	$(BUN) test

clean: ## Removes what was built
	rm -rf dist/bin

.PHONY: help build check test clean
