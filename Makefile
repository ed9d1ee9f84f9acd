# Everything starts here: `make help` lists what there is. Works with GNU make and with the BSDs'.
BUN = node_modules/.bin/bun
PREFIX = /usr/local
DESTDIR =
SOURCES != find src -name '*.ts'

# A worker is an entry of its own; the flat names are how the program finds it inside the binary. The last flags keep the
# binary from running whatever lies in the directory it is started in.
ENTRIES = src/main.ts src/net/splice-worker.ts
COMPILE = --compile --minify --bytecode --format=esm --entry-naming '[name].[ext]' \
	--no-compile-autoload-dotenv --no-compile-autoload-bunfig

# The one list of what the tests need beyond node and npm: a command and the Debian package that brings it.
DEMO_TOOLS = git:git ssh:openssh-client
TEST_TOOLS = $(DEMO_TOOLS) sshd:openssh-server haproxy:haproxy dnsmasq:dnsmasq-base ip:iproute2 unshare:util-linux \
	socat:socat strace:strace curl:curl nginx:nginx-light redis-server:redis-server pg_ctlcluster:postgresql

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  make %-10s %s\n", $$1, $$2 }' Makefile

build: dist/bin/fairlead ## The binary for this machine: dist/bin/fairlead

dist/bin/fairlead: $(SOURCES) package.json node_modules/.installed
	mkdir -p dist/bin
	$(BUN) build $(COMPILE) $(ENTRIES) --outfile dist/bin/fairlead

# Packages' install scripts stay unused, but for bun's own, which puts its binary in place.
node_modules/.installed: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	cd node_modules/bun && node install.js
	touch node_modules/.installed

check: node_modules/.installed ## Types, format, lint
	$(BUN) check
	$(BUN) fmt --check src test
	node_modules/.bin/oxlint src test

test: build ## Every test
	@sh test/tools.sh test $(TEST_TOOLS)
	$(BUN) test

demo: build ## A throw-away SSH server and a git repository, forwarded before your eyes
	@sh test/tools.sh demo $(DEMO_TOOLS)
	@$(BUN) test/demo/main.ts

bench: build ## Speed and cost beside HAProxy, in one run
	@sh test/tools.sh test $(TEST_TOOLS)
	$(BUN) test/bench/main.ts

install: build ## PREFIX=/usr/local and DESTDIR= say where to
	mkdir -p "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 dist/bin/fairlead "$(DESTDIR)$(PREFIX)/bin/fairlead"

uninstall: ## Removes what install put there
	rm -f "$(DESTDIR)$(PREFIX)/bin/fairlead"

clean: ## Removes what was built
	rm -rf dist/bin

.PHONY: help build check test demo bench install uninstall clean
