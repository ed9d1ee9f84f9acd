/** Files of src without a unit test of their own, and the suite that runs each: one that fails when the file is broken. */

/** By suite. Plain data and tables of rows stand with the cases that say what comes of them. */
const runs: Readonly<Record<string, string>> = {
  "test/unit/cli/command-line.test.ts":
    "cli/command-words cli/commands cli/forward cli/master-address cli/operator/commands cli/options",
  "test/e2e/operator.test.ts": "cli/top/ports",
  "test/unit/cli/inquiries.test.ts": "cli/usage cli/version",
  "test/unit/config/keywords/language.test.ts": "cli/keywords",

  "test/cases/messages.test.ts": `
    config/checks/check-lines config/draft/check-lists config/finish/audit/audit-message config/finish/assemble/formats
    config/keywords/** config/lines/rules/http-actions config/lines/rules/rule-order config/sections/named-section-reader`,
  "test/cases/http.test.ts": `
    config/draft/http config/finish/audit/audit-contents config/finish/audit/audit-http config/lines/rules/action-line config/lines/address-field config/lines/http-error
    config/options/server-http config/row/http-reason plan/compression plan/http`,
  "test/cases/front.test.ts": `
    config/lines/rules/rule-action config/lines/rules/rule-arguments config/text/cursor rules/samples/argument-checks
    rules/samples/set-variable rules/samples/sites rules/samples/variable-name`,
  "test/unit/config/finish/plan.test.ts": `
    config/addresses/source config/checks/check-line config/draft/draft config/draft/proxy-scope
    config/draft/proxy-section config/finish/assemble/assemble config/lines/stats-socket config/sections/proxy-reader
    plan/bind plan/check plan/global plan/proxy plan/resolvers plan/server plan/socket plan/tls`,
  "test/unit/config/finish/assemble/ssh-plan.test.ts": "config/lines/rules/rule-ssh",
  "test/cases/ssh.test.ts":
    "config/finish/audit/audit-hostkeys config/finish/audit/audit-ssh config/lines/ssh-text config/options/server-startups config/options/startup-limit",
  "test/unit/config/finish/assemble/startups-plan.test.ts": "plan/ssh/startups",
  "test/unit/config/finish/assemble/ssh-check-plan.test.ts": "config/draft/ssh-checks plan/ssh/ssh-check",
  "test/unit/proxy/check/ssh/ssh-check.test.ts": "proxy/check/ssh/greeting",
  "test/unit/config/finish/assemble/hostkeys-plan.test.ts": "config/keywords/ssh-hostkeys config/options/server-ssh",
  "test/unit/config/finish/assemble/ssh-places.test.ts": "config/finish/assemble/ssh-waits",
  "test/e2e/ssh.test.ts": "plan/ssh/ssh ssh/ssh",
  "test/unit/config/lines/ssh-penalties.test.ts": "plan/ssh/ssh-penalties",
  "test/unit/ssh/penalties/penalties.test.ts": "ssh/penalties/frontend-penalties ssh/penalties/standing",
  "test/e2e/maintenance.test.ts": "service/loading/named-socket",
  "test/unit/ssh/last-word.test.ts": "ssh/held-client",
  "test/unit/wire/ssh/disconnect.test.ts": "ssh-facts",
  "test/unit/wire/ssh/reader.test.ts": "wire/ssh/direction",
  "test/unit/wire/ssh/kexinit.test.ts": "wire/ssh/hassh",
  "test/unit/proxy/session/hearing/hearing.test.ts": "proxy/session/hearing/telling-refusal",
  "test/unit/proxy/session/proxy-header/header-watch.test.ts": "proxy/session/proxy-header/mismatch-words",
  "test/unit/config/tls/versions.test.ts": "config/draft/tls/tls-words",
  "test/unit/config/options/bind-tls.test.ts": `
    config/draft/tls/bind-tls-draft config/finish/audit/audit-bind-tls config/finish/assemble/bind-tls-plan config/tls/listener-words`,
  "test/unit/config/tls/authorities.test.ts": "config/draft/tls/tls-files",
  "test/unit/ops/admin/tls/files.test.ts": "config/tls/payload proxy/tls-operator",
  "test/unit/ops/admin/tls/crt-lists.test.ts": "config/finish/added-entry ops/admin/tls/refused",
  "test/unit/ops/admin/tls/show-files.test.ts": "proxy/tls/certificates/pem-details",
  "test/unit/proxy/tls/certificates/certificate-store.test.ts":
    "proxy/tls/certificates/certificate-list proxy/tls/certificates/file-set",
  "test/unit/config/finish/audit/audit-servers.test.ts": "config/finish/audit/known-proxies",
  "test/unit/config/options/bind-options.test.ts": "config/lines/bind-line",
  "test/unit/net/refused-options.test.ts": "plan/libc-options",
  "test/unit/config/options/server-checks.test.ts": "config/options/server-rows",
  "test/unit/config/options/server-options.test.ts": "config/lines/server-line",
  "test/unit/config/options/server-tls.test.ts": "config/draft/tls/server-tls-draft",
  "test/unit/config/finish/audit/audit-server-tls.test.ts": "config/tls/judge",
  "test/unit/config/text/diagnostics.test.ts": "config/text/text-bytes",
  "test/unit/config/text/directives/if-condition.test.ts": "word-table",

  "test/unit/rules/measured.test.ts": `
    rules/converters/bytes rules/converters/converters rules/converters/date rules/converters/decrypt rules/converters/digests
    rules/converters/integer rules/converters/map rules/converters/text rules/converters/variables rules/expression
    rules/fetches/constants rules/samples/arguments rules/samples/rows rules/value/xxh3`,
  "test/unit/rules/ruleset.test.ts": `
    rules/actions/actions rules/actions/assign rules/actions/decide rules/actions/number rules/actions/row
    rules/actions/settings rules/actions/track rules/converters/stick-lookup rules/fetches/counters
    rules/samples/set-variable`,
  "test/unit/rules/format/log-format.test.ts": `
    rules/format/log-alias rules/format/log-date rules/format/log-encoding`,
  "test/unit/rules/match/patterns.test.ts": "rules/match/pattern-index",
  "test/compare/http-samples.test.ts": `
    rules/converters/http-values rules/fetches/http-auth rules/fetches/http-fields rules/fetches/http-target`,
  "test/unit/rules/fetches/tls-certificates.test.ts": "rules/value/crypto-library",
  "test/unit/rules/fetches/tls-hello.test.ts": "wire/tls/cipher-suites",
  "test/unit/wire/x509/certificate.test.ts": "wire/x509/object-names",
  "test/unit/rules/fetches/http.test.ts": "rules/fetches/http-message rules/match/userlists",
  "test/unit/rules/condition.test.ts": "rules/context",
  "test/unit/rules/samples/samples.test.ts": "rules/samples/refused rules/samples/signature",
  "test/unit/config/expressions/expression.test.ts": "rules/fetches/fetches",
  "test/unit/config/lines/http-rule.test.ts": `
    config/lines/rules/rule-http config/lines/rules/rule-redirect config/lines/rules/rule-reply`,
  "test/unit/rules/actions/http/headers.test.ts": "rules/actions/http/framing-fields",
  "test/unit/rules/actions/http/uri.test.ts": "rules/actions/http/normalize-uri",
  "test/unit/rules/format/http-log.test.ts": "rules/format/alias rules/format/http-alias",
  "test/unit/rules/actions/http/exchange.test.ts": "rules/actions/lists rules/actions/http/message-text",
  "test/unit/rules/actions/http/answer.test.ts":
    "rules/actions/http/redirect rules/actions/http/reply rules/value/target",
  "test/compare/http-waits.test.ts": "proxy/session/questions/session-questions",
  "test/unit/proxy/tls.test.ts": `
    proxy/generation-tls proxy/tls/secured-connect proxy/tls/server-tls proxy/tls/tls-process`,
  "test/unit/proxy/tls-handshakes.test.ts":
    "proxy/tls/figures/tls-counters proxy/session/client-handshake proxy/session/context/client-tls proxy/session/context/session-tls",
  "test/unit/proxy/tls/listener-tls.test.ts": "proxy/tls/context-options",
  "test/unit/http/exchange/exchange.test.ts": `
    http/answers/answers http/exchange/exchange-answer http/exchange/exchange-context http/exchange/exchange-end http/exchange/exchange-judging http/exchange/exchange-receiving
    http/exchange/exchange-body http/exchange/exchange-rules http/exchange/exchange-sending http/exchange/exchange-time http/bytes/inbox http/bytes/message http/bytes/outgoing
    http/exchange/plain-plans http/server/pool http/fields/request-fields http/server/server-connection http/serving http/session`,
  "test/unit/http/deadlines.test.ts": "http/timed-session",
  "test/unit/ops/page/stats-page.test.ts": "ops/page/page-look ops/page/page-table ops/page/page-text",
  "test/e2e/http-stats-page.test.ts": "service/page-responder",
  "test/unit/http/rules.test.ts": "http/exchange/view proxy/rules/http-rules",
  "test/unit/http/answers/pages.test.ts": "wire/http/reasons",
  "test/unit/rules/stick/table.test.ts": "rules/stick/stores rules/stick/tables",
  "test/unit/proxy/context.test.ts": "proxy/process/weight rules/fetches/connection rules/fetches/proxies",
  "test/property/sniffing.test.ts": "rules/sniffing",

  "test/unit/regex/compile.test.ts": `
    regex/bytes regex/cost regex/cursor regex/escapes regex/linear regex/native regex/node regex/parse
    regex/quantifier regex/write`,
  "test/unit/wire/http/odd-requests.test.ts": "wire/http/authority",
  "test/unit/wire/http/framing.test.ts": "wire/http/bytes",
  "test/unit/http/compression/compression.test.ts": "http/bytes/chunk-out",
  "test/unit/http/compression/answers.test.ts": "http/exchange/exchange-compression",
  "test/unit/wire/http/samples.test.ts": "wire/http/cookies wire/http/occurrences wire/http/value-text",
  "test/unit/wire/http/head-reader.test.ts": "wire/http/head",

  "test/contract/bun.test.ts": `
    net/bun/bun-connect net/bun/bun-connection net/bun/bun-listener net/bun/bun-transport`,
  "test/contract/epoll.test.ts":
    "net/epoll/epoll-place net/epoll/epoll-transport net/libc/epoll-calls net/libc/errno net/transport",
  "test/contract/node.test.ts": "net/node/node-transport",
  "test/contract/splice.test.ts": "net/splice/splice-calls net/splice/splice-worker",

  "test/unit/net/tls/open-tls.test.ts": `
    net/tls/bun-tls net/tls/duplex-tls net/tls/facts net/tls/own-certificates net/tls/plain-duplex net/tls/securing-outcome
    net/tls/session-store net/tls/verifying-servers`,
  "test/unit/net/tls/aborted-handshakes.test.ts": "net/tls/hello-reading",

  "test/unit/ops/admin/commands.test.ts": "ops/admin/dynamic-cookies ops/admin/level ops/admin/resolvers ops/admin/set",
  "test/unit/ops/answers/slices.test.ts": "ops/admin/show ops/admin/tables",
  "test/unit/ops/health/health-endpoint.test.ts": `
    ops/answers/paced-writer ops/health/html-page ops/health/http-connections ops/health/status-document`,
  "test/unit/ops/log/syslog.test.ts": "ops/log/udp-output",
  "test/unit/ops/sockets/command-socket.test.ts": "ops/sockets/command-connection",
  "test/unit/ops/stats/csv.test.ts": "ops/stats/rows",
  "test/unit/ops/stats/metrics.test.ts": "ops/stats/metric-names",

  "test/unit/proxy/balance/balancer.test.ts": `
    proxy/balance/consistent-ring proxy/balance/first proxy/balance/hash-functions proxy/balance/leastconn
    proxy/balance/roundrobin proxy/balance/static-map`,
  "test/unit/proxy/check/run/script.test.ts": `
    proxy/check/run/check-bytes proxy/check/run/dialogue proxy/check/run/dialogue-failure proxy/check/run/expect proxy/check/run/http-answer
    proxy/check/run/run-check`,
  "test/unit/proxy/check/monitor.test.ts": "proxy/check/answer-fault",
  "test/unit/proxy/check/agent.test.ts": "proxy/check/agent-answer proxy/check/run/outcome",
  "test/unit/proxy/names/dns-resolver.test.ts": "proxy/names/exchange",
  "test/unit/proxy/session/search/startup-slot.test.ts": "proxy/session/search/slot-search",
  "test/unit/proxy/session/session.test.ts": `
    proxy/process/live-bytes proxy/session/ending-session proxy/session/context/addressed-session proxy/session/search/server-choice proxy/session/search/server-search
    proxy/session/context/session-context proxy/session/relaying-session
    proxy/session/sessions proxy/session/context/telling`,
  "test/unit/proxy/reload.test.ts": `
    plan/same proxy/backend/backend proxy/backend/backend-rules proxy/backend/balanced-server proxy/backend/watched-server
    proxy/check/monitor proxy/check/monitor-options proxy/follow-names proxy/frontend/frontend
    proxy/frontend/frontend-rules proxy/frontend/listener proxy/generation proxy/process-stats proxy/process/never
    proxy/proxy proxy/proxy-state proxy/sessionless-samples proxy/start-checks`,
  "test/compare/compare.test.ts": `
    proxy/check/checked-server proxy/check/send-state proxy/operator
    proxy/stats/live-backend proxy/stats/live-frontend proxy/stats/live-rate proxy/stats/live-server
    proxy/stats/live-serving`,

  "test/unit/http/passwords.test.ts": "proxy/session/questions/password-verdicts",
  "test/unit/http/captured-faults.test.ts": "proxy/process/captured-fault",
  "test/unit/service/runtime/thread-passwords.test.ts": `
    service/runtime/password-port service/runtime/password-thread`,
  "test/unit/service/loading/load.test.ts": "service/loading/thread-loader",
  "test/unit/service/master/master.test.ts":
    "deferred service/master/held-sockets service/master/kept-drafts service/master/worker-process",
  "test/unit/net/system-error.test.ts": "system/text",
  "test/e2e/loading.test.ts": "service/loading/load-port service/loading/load-thread",
  "test/e2e/master.test.ts": `
    service/master/log-sinks service/master/master-and-worker service/master/master-link service/master/serve
    service/master/serve-as-master service/master/serve-as-worker service/master/two-processes
    service/master/worker-commands`,
  "test/e2e/process.test.ts": `
    cli/forward main service/command-sockets service/start/daemon service/runtime/bun-runtime service/runtime/open-runtime
    service/runtime/system-reason service/serve-alone service/service service/service-sources service/start/start
    system/names`,
  "test/unit/wire/ssh/kex/methods.test.ts": "wire/ssh/kex/agreement wire/ssh/kex/key-exchange",
  "test/unit/ssh/probe/probe.test.ts": "ssh/probe/conversation ssh/probe/own-header ssh/probe/probed",
  "test/e2e/ssh-probe.test.ts": "service/probe-command ssh/probe/plain-socket",
  "test/e2e/ssh-doctor.test.ts": `
    net/libc/clock-calls service/doctor-command service/doctor/asking
    service/doctor/doctor service/doctor/host-keys service/doctor/machine/ports service/doctor/machine/rights
    service/doctor/report ssh/probe/hearing`,
  "test/unit/ssh/hostkeys/host-keys.test.ts": "ssh/hostkeys/watch",
  "test/unit/ops/stats/hostkeys/text.test.ts": "ops/stats/hostkeys/json",
  "test/e2e/surroundings.test.ts": "service/runtime/portable-runtime",

  "test/unit/ops/admin/ssh/ssh.test.ts":
    "ops/stats/ssh/ssh-report-json ops/stats/ssh/ssh-report-since ops/stats/ssh/ssh-report-text",
  "test/unit/ssh/inventory/inventory.test.ts": `
    ssh/inventory/kept-offer ssh/inventory/kept-text ssh/inventory/place ssh/inventory/report ssh/inventory/row`,
};

/** Which suite runs which file below src, or which files: `a/*` is a folder's, `a/**` all below it. */
export const coveredBy: readonly (readonly [files: string, suite: string])[] = Object.entries(runs).flatMap(
  ([suite, files]) =>
    files
      .trim()
      .split(/\s+/)
      .map((one) => [one, suite] as const),
);
