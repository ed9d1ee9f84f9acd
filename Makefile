# Everything starts here: `make help` lists what there is. Works with GNU make and with the BSDs'.
BUN = node_modules/.bin/bun
PREFIX = /usr/local
DESTDIR =
# dist/install.sh has the defaults of these and says what they do.
SYSCONFDIR =
SYSTEM != uname -s
PROGRAM =
HAPROXY_LINK =
SOURCES != find src -name '*.ts'
DOCUMENTS != find dist/documents -name '*.ts'

# A thread is an entry of its own; the flat names are how the program finds it inside the binary. The last flags keep the
# binary from running whatever lies in the directory it is started in.
ENTRIES = src/main.ts src/net/splice/splice-worker.ts src/service/loading/load-thread.ts \
	src/service/runtime/password-thread.ts
COMPILE = --compile --minify --bytecode --format=esm --entry-naming '[name].[ext]' \
	--no-compile-autoload-dotenv --no-compile-autoload-bunfig

# The one list of what the tests need beyond node and npm: a command or a file, and the Debian package that brings it.
NGINX_STREAM = /usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream
DEMO_TOOLS = git:git ssh:openssh-client
TEST_TOOLS = $(DEMO_TOOLS) sshd:openssh-server haproxy:haproxy dnsmasq:dnsmasq-base ip:iproute2 unshare:util-linux \
	socat:socat strace:strace curl:curl wget:wget wrk:wrk nginx:nginx-light $(NGINX_STREAM) fcgiwrap:fcgiwrap git-lfs:git-lfs \
	hatop:hatop script:bsdutils python3:python3 redis-server:redis-server pg_ctlcluster:postgresql bmake:bmake \
	man:man-db mandoc:mandoc xmllint:libxml2-utils zsh:zsh fish:fish systemd-analyze:systemd keepalived:keepalived \
	bwrap:bubblewrap pgrep:procps openssl:openssl gnutls-cli:gnutls-bin $(WATCHERS) $(SSH_SOFTWARE)

# Clients and servers of SSH beside OpenSSH's, curl's and the ssh2 package.
PYTHON_MODULES = /usr/lib/python3/dist-packages
SSH_SOFTWARE = dropbear:dropbear-bin plink:putty-tools puttygen:putty-tools tinysshd:tinysshd \
	$(PYTHON_MODULES)/paramiko/__init__.py:python3-paramiko $(PYTHON_MODULES)/asyncssh/__init__.py:python3-asyncssh

# What watches HAProxy, with the libraries that Debian leaves to whoever uses a plugin.
CHECK_HAPROXY = /usr/lib/nagios/plugins/check_haproxy
WATCHERS = $(CHECK_HAPROXY):monitoring-plugins-contrib $(CHECK_HAPROXY):liblocale-gettext-perl \
	/usr/share/perl5/Monitoring/Plugin.pm:libmonitoring-plugin-perl /usr/share/perl5/LWP/UserAgent.pm:libwww-perl \
	/usr/share/munin/plugins/haproxy_ng:munin-plugins-extra prometheus-haproxy-exporter:prometheus-haproxy-exporter

DIST_TOOLS = qemu-aarch64-static:qemu-user-static /usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1:libc6-arm64-cross \
	gcc:g++ musl-gcc:musl-tools
BENCH_TOOLS = cc:gcc haproxy:haproxy nginx:nginx-light $(NGINX_STREAM) socat:socat ip:iproute2 tc:iproute2 \
	unshare:util-linux nsenter:util-linux openssl:openssl /usr/include/openssl/ssl.h:libssl-dev /usr/include/liburing.h:liburing-dev
SESSION_TESTS = test/e2e/ssh.test.ts test/e2e/relay.test.ts
RUNTIME_TESTS = $(SESSION_TESTS) ./test/e2e/tls-runtimes.test.ts test/e2e/ssh-clients.test.ts test/e2e/ssh-mutations.test.ts \
	test/e2e/ssh-git.test.ts test/e2e/ssh-probe.test.ts test/e2e/ssh-checks.test.ts test/e2e/ssh-hearing.test.ts
SOAK_TESTS = test/e2e/splice.test.ts test/e2e/midstream.test.ts test/property/reload.test.ts test/property/samples.test.ts \
	test/contract/stretches.test.ts test/property/stretches.test.ts test/e2e/handover.test.ts test/e2e/relay.test.ts \
	test/property/config-words.test.ts test/property/admin-words.test.ts test/e2e/reload.test.ts \
	test/e2e/network.test.ts test/e2e/http-leaks.test.ts test/e2e/http-reload.test.ts test/e2e/http-git.test.ts \
	test/e2e/http-bodies.test.ts test/compare/http-generated.test.ts test/unit/http/failed-calls.test.ts \
	test/e2e/http-attacks.test.ts test/e2e/http-compression.test.ts test/unit/net/tls/aborted-handshakes.test.ts \
	test/e2e/tls.test.ts test/e2e/ssh-clients.test.ts test/e2e/ssh-mutations.test.ts test/e2e/ssh-attacks.test.ts \
	test/e2e/ssh-git.test.ts test/e2e/ssh-probe.test.ts test/e2e/ssh-checks.test.ts test/e2e/ssh-startups.test.ts \
	test/property/startups.test.ts

# These run beside each other, two and two; all tests that are in none of these lists run beside the last one.
UNIT_TESTS = ./test/unit ./test/cases
BESIDE_TESTS = ./test/contract ./test/property ./test/ship
COMPARE_TESTS = ./test/compare
SSH_TESTS = $(wildcard ./test/e2e/ssh*.test.ts) ./test/e2e/maintenance.test.ts ./test/e2e/operator.test.ts
WEB_TESTS = $(wildcard ./test/e2e/http-*.test.ts ./test/e2e/tls*.test.ts)
OTHER_TESTS = $(patsubst ./%,--path-ignore-patterns '%/**',$(UNIT_TESTS) $(BESIDE_TESTS) $(COMPARE_TESTS)) \
	$(patsubst ./%,--path-ignore-patterns '%',$(SSH_TESTS) $(WEB_TESTS))

# Tests that run once more over Bun's own sockets, which other systems have: each capability in `make test`, all in `make soak`.
NOEPOLL_TESTS = $(SESSION_TESTS) test/e2e/limits.test.ts test/e2e/servers.test.ts test/e2e/reload.test.ts \
	test/e2e/proxy-transports.test.ts test/e2e/ssh-mutations.test.ts
NOEPOLL_NAMES = portable|reset|PROXY|IPv6|few descriptors|redispatch|no server|reloads under load|copied(?!: usesrc)

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  make %-10s %s\n", $$1, $$2 }' Makefile

build: dist/bin/fairlead dist/bin/share/.made ## The binary for this machine: dist/bin/fairlead

dist/bin/fairlead: $(SOURCES) package.json node_modules/.installed
	mkdir -p dist/bin
	$(BUN) build $(COMPILE) $(ENTRIES) --outfile dist/bin/fairlead

# Manual pages and completions, from what the program says of itself.
dist/bin/share/.made: $(SOURCES) $(DOCUMENTS) node_modules/.installed
	$(BUN) dist/documents/main.ts dist/bin/share
	touch dist/bin/share/.made

portable: dist/bin/fairlead.mjs ## The same program for Node and Deno: dist/bin/fairlead.mjs

dist: dist/bin/fairlead.mjs dist/bin/share/.made ## The binary for every target, fairlead.mjs and SHA256SUMS in dist/bin; TARGETS=a,b for some of them
	$(BUN) dist/targets/main.ts $(COMPILE) $(ENTRIES)

# The version of Bun is defined away, and everything that only Bun has with it.
dist/bin/fairlead.mjs: $(SOURCES) package.json node_modules/.installed
	mkdir -p dist/bin
	$(BUN) build --target=node --minify --define process.versions.bun=undefined --banner '#!/usr/bin/env node' \
		src/main.ts --outfile dist/bin/fairlead.mjs
	chmod 755 dist/bin/fairlead.mjs

# Packages' install scripts stay unused, but for bun's own, which puts its binary in place.
node_modules/.installed: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	cd node_modules/bun && node install.js
	touch node_modules/.installed

check: node_modules/.installed ## Types, format, lint
	$(BUN) check
	$(BUN) fmt --check src test dist/documents dist/targets
	node_modules/.bin/oxlint src test dist/documents dist/targets

test: build dist/bin/fairlead.mjs ## Every test
	@sh test/tools.sh test $(TEST_TOOLS)
	@$(BUN) test/parts.ts '$(BUN) test $(UNIT_TESTS)' --beside '$(BUN) test $(BESIDE_TESTS)' \
		'$(BUN) test $(COMPARE_TESTS)' --beside '$(BUN) test $(SSH_TESTS)' "$(BUN) test $(OTHER_TESTS)" \
		--beside '$(BUN) test $(WEB_TESTS)' \
		"NOEPOLL=1 $(BUN) test $(NOEPOLL_TESTS) -t '$(NOEPOLL_NAMES)'"

test-dist: dist ## Every target's binary: run where this machine can, else looked into. Not part of `make test`
	@sh test/tools.sh test $(TEST_TOOLS) $(DIST_TOOLS)
	$(BUN) test ./test/dist/targets.ts

test-runtimes: dist/bin/fairlead.mjs ## The end-to-end tests of sessions on Node and on Deno. Not part of `make test`
	@sh test/tools.sh test $(TEST_TOOLS)
	FORWARDER='node dist/bin/fairlead.mjs' $(BUN) test $(RUNTIME_TESTS)
	FORWARDER="$$(ls node_modules/@deno/*/deno) run -A dist/bin/fairlead.mjs" $(BUN) test $(RUNTIME_TESTS)

test-browser: build ## The pages, and TLS, in Chromium, which is a big package. Not part of `make test`
	@sh test/tools.sh test curl:curl openssl:openssl chromium:chromium certutil:libnss3-tools
	$(BUN) test ./test/browser/pages.ts ./test/browser/https.ts

test-ship: build ## What takes packages of its own: Kubernetes' schemas
	cd test/ship/schemas && npm ci --ignore-scripts --no-audit --no-fund
	$(BUN) test ./test/ship/schemas/check.ts

demo: build ## A throw-away SSH server and a git repository, forwarded before your eyes
	@sh test/tools.sh demo $(DEMO_TOOLS)
	@$(BUN) test/demo/main.ts

bench: build portable ## Speed and cost beside HAProxy, nginx and others, in one run; BENCH=bulk,trips ROUNDS=3 for less
	@sh test/tools.sh bench $(BENCH_TOOLS)
	$(BUN) test/bench/main.ts

soak: build dist/bin/fairlead.mjs ## The long tests, at their full length. Not part of `make test`
	@sh test/tools.sh test $(TEST_TOOLS)
	SOAK=1 $(BUN) test $(SOAK_TESTS)
	NOEPOLL=1 $(BUN) test ./test/e2e

# Where Bun does not run, and where a program is named, what is there already is installed.
BUILT != case "$(SYSTEM):$(PROGRAM)" in SunOS:*|*:?*) ;; *) echo build ;; esac
LAYOUT = PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" SYSCONFDIR="$(SYSCONFDIR)" SYSTEM="$(SYSTEM)" PROGRAM="$(PROGRAM)" \
	HAPROXY_LINK="$(HAPROXY_LINK)"

install: $(BUILT) ## Program, manual, service, completion; see PREFIX, DESTDIR, SYSCONFDIR in dist/install.sh
	@$(LAYOUT) sh dist/install.sh install

uninstall: ## Removes what install put there
	@$(LAYOUT) sh dist/install.sh uninstall

clean: ## Removes what was built
	rm -rf dist/bin

.PHONY: help build portable dist test-dist test-runtimes test-browser check test test-ship soak demo bench install uninstall clean
