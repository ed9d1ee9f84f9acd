/** A large file in HAProxy's language: as many ACLs, routes and backends as are asked for. */

/** The lines of `count` names, each routed by its TLS server name to a backend of its own. No traffic goes there. */
export function largeSections(count: number, frontend: string): string {
  const numbers = Array.from({ length: count }, (_, at) => at);
  const routes = numbers.map(
    (at) => `    acl name_${at} req.ssl_sni -i host${at}.example.com\n    use_backend named_${at} if name_${at}\n`,
  );
  const backends = numbers.map(
    (at) => `backend named_${at}\n    server s 127.0.0.1:${20_000 + (at % 10_000)} check disabled\n`,
  );
  return `frontend names\n    bind ${frontend}\n${routes.join("")}${backends.join("")}`;
}
