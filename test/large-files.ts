/** Configurations of any size: one thing many times over, for what reading them costs. */

/** A file of `count` of something, and the files that it names. */
export interface LargeFile {
  readonly text: string;
  readonly files?: Readonly<Record<string, string>>;
}

const start = `defaults
 mode tcp
 timeout connect 5s
 timeout client 1h
 timeout server 1h
`;

const front = "frontend f\n bind 127.0.0.1:17001\n";

/** The lines that `line` makes of 0 to `count` - 1. */
function many(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join("");
}

const host = (index: number): string => `127.0.${1 + (Math.floor(index / 250) % 250)}.${1 + (index % 250)}`;
const listener = (index: number): string => `${host(index)}:${18_000 + Math.floor(index / 62_500)}`;
const server = (index: number): string => ` server s${index} 127.0.0.1:${20_000 + (index % 10_000)}`;

const backends = (count: number): string =>
  many(count, (index) => `backend b${index}\n server s1 127.0.0.1:${20_000 + (index % 10_000)}`);

/** Everything that may stand in a file many times, by what it is. All are without a message, but for those named `wrong …`. */
export const largeFiles: Readonly<Record<string, (count: number) => LargeFile>> = {
  backends: (count) => ({ text: start + front + backends(count) }),
  "ACLs, routes and backends": (count) => ({
    text:
      start +
      front +
      many(
        count,
        (index) => ` acl a${index} req.ssl_sni -i host${index}.example.com\n use_backend b${index} if a${index}`,
      ) +
      backends(count),
  }),
  "ACLs and routes to one backend": (count) => ({
    text: `${start}${front}${many(
      count,
      (index) => ` acl a${index} req.ssl_sni -i host${index}.example.com\n use_backend b if a${index}`,
    )}backend b\n server s1 127.0.0.1:20000\n`,
  }),
  "anonymous ACLs": (count) => ({
    text: `${start}${front}${many(
      count,
      (index) => ` use_backend b if { src ${host(index)} } || { dst_port gt ${index} }`,
    )}backend b\n server s1 127.0.0.1:20000\n`,
  }),
  "listen sections": (count) => ({
    text: start + many(count, (index) => `listen l${index}\n bind ${listener(index)}\n server s1 127.0.0.1:20000`),
  }),
  "listen sections of one port, to another of that port": (count) => ({
    text: start + many(count, (index) => `listen l${index}\n bind ${listener(index)}\n server s1 192.0.2.1:18000`),
  }),
  "frontends with a default_backend": (count) => ({
    text: `${start}${many(
      count,
      (index) => `frontend f${index}\n bind ${listener(index)}\n default_backend b`,
    )}backend b\n server s1 127.0.0.1:20000\n`,
  }),
  "binds of one frontend": (count) => ({
    text: `${start}frontend f\n${many(count, (index) => ` bind ${listener(index)} id ${count + index} name n${index}`)}`,
  }),
  "servers of one backend": (count) => ({
    text: `${start + front}backend b\n${many(count, (index) => `${server(index)} check weight 10`)}`,
  }),
  "servers with names of their own": (count) => ({
    text: `${start + front}resolvers r\n nameserver n 127.0.0.1:53\nbackend b\n${many(
      count,
      (index) => ` server s${index} s${index}.example:22 resolvers r init-addr none check id ${count + index}`,
    )}`,
  }),
  "servers by default-server": (count) => ({
    text: `${start + front}backend b\n default-server inter 1s fall 2 weight 7 source 127.0.0.1\n${many(count, server)}`,
  }),
  "server-template": (count) => ({
    text: `${start + front}backend b\n server-template s ${count} 127.0.0.1:22 check\n`,
  }),
  "servers that track one": (count) => ({
    text: `${start + front}backend b\n server t 127.0.0.1:22 check\n${many(count, (index) => `${server(index)} track t`)}`,
  }),
  "servers that track the one before": (count) => ({
    text: `${start + front}backend b\n server s 127.0.0.1:22 check\n${many(
      count,
      (index) => `${server(index)} track ${index === 0 ? "s" : `s${index - 1}`}`,
    )}`,
  }),
  "servers that track the one before in another backend": (count) => ({
    text: `${start + front}backend b\n server s 127.0.0.1:22 check\n${many(
      count,
      (index) => `backend b${index}\n server s 127.0.0.1:22 track ${index === 0 ? "b/s" : `b${index - 1}/s`}`,
    )}`,
  }),
  "use-server": (count) => ({
    text: `${start + front}backend b\n${many(count, server)}${many(
      count,
      (index) => ` use-server s${index} if { src ${host(index)} }`,
    )}`,
  }),
  "ACLs of servers": (count) => ({
    text: `${start + front}${many(count, (index) => ` acl a${index} srv_is_up(b/s${index})`)}backend b\n${many(
      count,
      server,
    )}`,
  }),
  "tcp-request rules": (count) => ({
    text: `${start + front} tcp-request inspect-delay 5s\n${many(
      count,
      (index) => ` tcp-request content reject if { src ${host(index)} }`,
    )}`,
  }),
  "tcp-request rules that set variables": (count) => ({
    text:
      start +
      front +
      many(
        count,
        (index) => ` tcp-request connection set-var(sess.v${index}) src,ipmask(24) if { src ${host(index)} }`,
      ),
  }),
  "rules of a defaults section": (count) => ({
    text: `defaults d\n mode tcp\n timeout client 1h\n${many(
      count,
      (index) => ` acl a${index} src ${host(index)}\n tcp-request connection reject if a${index}`,
    )}frontend f from d\n bind 127.0.0.1:17001\n`,
  }),
  "ACLs of one name": (count) => ({
    text: `${start + front}${many(count, (index) => ` acl a src ${host(index)}`)} tcp-request connection reject if a\n`,
  }),
  "lines of an ACL with -f": (count) => ({
    text: `${start + front} acl a src -f /ips\n tcp-request connection reject if a\n`,
    files: { "/ips": many(count, (index) => host(index)) },
  }),
  "ACLs with a file each": (count) => ({
    text: start + front + many(count, (index) => ` acl a${index} src -f /ips${index % 100}`),
    files: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`/ips${index}`, "127.0.0.1\n"])),
  }),
  "ACLs with a file that no other has": (count) => ({
    text: start + front + many(count, (index) => ` acl a${index} src -f /ips${index}`),
    files: Object.fromEntries(Array.from({ length: count }, (_, index) => [`/ips${index}`, "127.0.0.1\n"])),
  }),
  "ACLs with a number each": (count) => ({
    text: start + front + many(count, (index) => ` acl a${index} src -u ${count + index} 127.0.0.1`),
  }),
  "lines of a map": (count) => ({
    text: `${start + front} use_backend %[src,map_ip(/map,b)]\nbackend b\n server s1 127.0.0.1:20000\n`,
    files: { "/map": many(count, (index) => `${host(index)} b`) },
  }),
  "names in ACLs": (count) => ({
    text: start + front + many(count, (index) => ` acl a${index} src n${index}`),
    files: { "/etc/hosts": many(count, (index) => `${host(index)} n${index}`) },
  }),
  "defaults sections": (count) => ({
    text: many(
      count,
      (index) =>
        `defaults d${index}\n mode tcp\n timeout connect 5s\n timeout server 1h\nbackend b${index}\n server s 127.0.0.1:22`,
    ),
  }),
  "defaults sections, each from the one before": (count) => ({
    text: many(
      count,
      (index) =>
        `defaults d${index}${index === 0 ? "" : ` from d${index - 1}`}\n mode tcp\n timeout connect 5s\n timeout server 1h`,
    ),
  }),
  "backends with a defaults section by name": (count) => ({
    text: many(
      count,
      (index) =>
        `defaults d${index}\n mode tcp\n timeout connect 5s\n timeout server 1h\nbackend b${index} from d${index}\n server s 127.0.0.1:22`,
    ),
  }),
  "stick tables": (count) => ({
    text:
      start +
      front +
      many(
        count,
        (index) =>
          `backend b${index}\n stick-table type ip size 10 expire 1m store conn_cnt\n stick on src\n${server(0)}`,
      ),
  }),
  "rules on tables": (count) => ({
    text:
      start +
      front +
      many(count, (index) => ` tcp-request connection reject if { src_conn_cnt(b${index}) gt 10 }`) +
      many(count, (index) => `backend b${index}\n stick-table type ip size 10 expire 1m store conn_cnt`),
  }),
  "resolvers sections": (count) => ({
    text: `${start + front}${many(
      count,
      (index) =>
        `resolvers r${index}\n nameserver n 127.0.0.1:53\nbackend b${index}\n server s s.example:22 resolvers r${index} init-addr none`,
    )}`,
  }),
  "nameservers of one section": (count) => ({
    text: `${start + front}resolvers r\n${many(count, (index) => ` nameserver n${index} ${host(index)}:53`)}`,
  }),
  "peers sections": (count) => ({
    text: start + front + many(count, (index) => `peers p${index}\n peer vm 127.0.0.1:1024`),
  }),
  "peers of one section": (count) => ({
    text: `${start + front}peers p\n peer vm 127.0.0.1:1024\n${many(count, (index) => ` peer p${index} ${host(index)}:1024`)}`,
  }),
  userlists: (count) => ({
    text: start + front + many(count, (index) => `userlist u${index}\n user a insecure-password b`),
  }),
  "users of one list": (count) => ({
    text: `${start + front}userlist u\n${many(count, (index) => ` group g${index}`)}${many(
      count,
      (index) => ` user u${index} insecure-password b groups g${index}`,
    )}`,
  }),
  "names of fields as written": (count) => ({
    text: `global\n${many(count, (index) => ` h1-case-adjust x-${index} X-${index}`)}${start}${front}`,
  }),
  "users of a statistics page": (count) => ({
    text: start + front + ` mode http\n${many(count, (index) => ` stats auth u${index}:p`)}`,
  }),
  "error pages said again and again": (count) => ({
    text: start + front + many(count, (index) => ` errorloc ${index % 2 === 0 ? 500 : 503} /${index}`),
  }),
  "rules of HTTP": (count) => ({
    text: `${start}${front} mode http\n${many(
      count,
      (index) => ` acl a${index} src ${host(index)}\n http-request set-header X-${index} a if a${index}`,
    )}`,
  }),
  cookies: (count) => ({
    text: `${start}${front}backend b\n mode http\n cookie A insert\n${many(count, (index) => `${server(index)} cookie c${index}`)}`,
  }),
  rings: (count) => ({
    text:
      start +
      front +
      many(count, (index) => `ring r${index}\n size 20000\n timeout connect 1s\n timeout server 1s\n${server(0)}`),
  }),
  "servers of a ring": (count) => ({
    text: `${start + front}ring r\n size 20000\n timeout connect 1s\n timeout server 1s\n${many(count, server)}`,
  }),
  "logs of one frontend": (count) => ({
    text: start + front + many(count, (index) => ` log ${host(index)}:514 local0`),
  }),
  "steps of a check": (count) => ({
    text: `${start + front}backend b\n option tcp-check\n${many(
      count,
      (index) => ` tcp-check send x${index}\n tcp-check expect string y${index}`,
    )}${server(0)} check\n`,
  }),
  "variables of a check": (count) => ({
    text: `${start + front}backend b\n option tcp-check\n${many(
      count,
      (index) => ` tcp-check set-var(check.v${index}) int(${index})`,
    )}${server(0)} check\n`,
  }),
  "variables of an HTTP check": (count) => ({
    text: `${start + front}backend b\n option httpchk\n${many(
      count,
      (index) => ` http-check set-var(check.v${index}) int(${index})`,
    )}${server(0)} check\n`,
  }),
  "options said again and again": (count) => ({
    text: start + front + many(count, (index) => ` option ${index % 2 === 0 ? "dontlognull" : "logasap"}`),
  }),
  "global settings": (count) => ({
    text: `global\n${many(count, (index) => ` setenv V${index} x`)}${many(
      count,
      (index) => ` set-var proc.v${index} int(${index})`,
    )}${start}${front}`,
  }),
  "stats sockets": (count) => ({
    text: `global\n${many(count, (index) => ` stats socket /run/s${index}.sock`)}${start}${front}`,
  }),
  comments: (count) => ({ text: start + front + many(count, (index) => ` # ${index} and more\n\n`) }),
  "environment variables": (count) => ({
    text: `global\n${many(count, (index) => ` setenv V${index} b`)}${start}${front}${many(
      count,
      (index) => ` use_backend "$V${index}" if { src 127.0.0.1 }`,
    )}backend b\n${server(0)}\n`,
  }),
  "environment variables of one word": (count) => ({
    text: `global\n setenv V b\n description "${"$V".repeat(count)}"\n${start}${front}`,
  }),
  "quotes of one word": (count) => ({ text: `global\n description ${`"a"'b'\\ `.repeat(count)}\n${start}${front}` }),
  "letters of one word": (count) => ({
    text: `global\n description ${"letters ".repeat(count).replaceAll(" ", "_")}\n${start}${front}`,
  }),
  ".if after .if": (count) => ({
    text: `global\n${many(count, (index) => `.if streq(${index % 2},0)\n description x\n.else\n description y\n.endif`)}${start}${front}`,
  }),
  "ACLs of a defaults section with many heirs": (count) => ({
    text: `defaults d\n mode tcp\n timeout client 1h\n${many(count, (index) => ` acl a${index} src ${host(index)}`)}${many(
      count,
      (index) => `frontend f${index} from d\n bind ${listener(index)}\n tcp-request connection reject if a${index}`,
    )}`,
  }),
  "formats of logs": (count) => ({
    text: `${start}${many(count, (index) => `frontend f${index}\n bind ${listener(index)}\n log 127.0.0.1 local0\n log-format "%ci %[src] ${index}"`)}`,
  }),
  "wrong words": (count) => ({ text: `${start + front}${many(count, (index) => ` bindd 127.0.0.1:${index}`)}` }),
  "wrong words, none like another": (count) => ({
    text: `${start + front}${many(count, (index) => ` bindd${index} x`)}`,
  }),
  "wrong words outside of sections": (count) => ({ text: many(count, (index) => `backendd${index}`) }),
  "wrong options of servers": (count) => ({
    text: `${start + front}backend b\n${many(count, (index) => `${server(index)} chek${index}`)}`,
  }),
  "wrong names of ACLs": (count) => ({
    text:
      start +
      front +
      many(count, (index) => ` acl a${index}x src 127.0.0.1`) +
      many(count, (index) => ` tcp-request connection reject if a${index}y`),
  }),
  "wrong names of backends": (count) => ({
    text:
      start +
      many(count, (index) => `frontend f${index}\n bind ${listener(index)}\n default_backend b${index}y`) +
      backends(count),
  }),
  "wrong names in routes": (count) => ({
    text: start + front + many(count, (index) => ` use_backend b${index}y if { src 127.0.0.1 }`) + backends(count),
  }),
  "wrong quotes": (count) => ({ text: start + front + many(count, (index) => ` acl a${index} "src`) }),
  "wrong servers, all of one name": (count) => ({
    text: `${start + front}backend b\n${many(count, () => server(0))}`,
  }),
  "wrong sections, all of one name": (count) => ({
    text: start + front + many(count, () => `backend b\n${server(0)}`),
  }),
  "wrong for lack of timeouts": (count) => ({ text: many(count, (index) => `backend b${index}\n${server(0)}`) }),
  "wrong circle of tracks": (count) => ({
    text: `${start + front}backend b\n${many(count, (index) => `${server(index)} track s${(index + 1) % count}`)}`,
  }),
  "wrong end of tracks": (count) => ({
    text: `${start + front}backend b\n${many(count, (index) => `${server(index)} track s${Math.max(0, index - 1)}x`)}`,
  }),
};
