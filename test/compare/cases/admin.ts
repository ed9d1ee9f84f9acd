/** What the statistics socket says about commands, word for word, and how serious it takes it to be. */
import type { Case, Stage } from "../case.ts";

/** In this order: some depend on those before. */
const servers = `set server
set server b
set server n/s
set server b/n
set server b/s1
set server b/s1 state
set server b/s1 state foo
set server b/s3 state maint
set server b/s3 state ready
set server b/s3 health up
set server b/s2 health up
set server b/s1 health foo
set server b/s1 health up
set server b/s1 weight
set server b/s1 weight abc
set server b/s1 weight -5%
set server b/s1 weight 300
set server b/s1 weight 50
set weight b/s1 5
set weight b/s1
get weight
get weight b/nope
get weight b/s1
set server b/s3 addr
set server b/s3 addr foo
set server b/s3 addr 127.0.0.1
set server b/s3 addr 127.0.0.9
set server b/s3 addr 127.0.0.9 port 3
set server b/s3 addr 127.0.0.9 port 9
set server b/s1 agent foo
set server b/s1 agent up
set server b/s3 agent up
set server b/s1 agent-addr
set server b/s1 agent-addr foo
set server b/s1 agent-addr 127.0.0.2
set server b/s1 agent-port
set server b/s1 agent-port 2
set server b/s1 agent-port 99999
set server b/s1 agent-send foo
set server b/s1 check-port
set server b/s1 check-port 77
set server b/s1 check-port zz
set server b/s3 check-port 77
set server b/s1 check-addr
set server b/s1 check-addr 127.0.0.3
set server b/s1 check-addr foo
set server b/s1 fqdn
set server b/s1 fqdn foo.example
set server b/s1 ssl on
set maxconn server b/s1
set maxconn server b/s1 x
set maxconn server b/s1 5
enable server b/s1
enable server b
disable server b/s3
enable health b/s3
enable health b/s1
disable health b/s3
enable agent b/s3
enable agent b/s1
disable agent b/s3
shutdown sessions server b/s1
shutdown sessions server b
show servers state nob
show servers conn nob`.split("\n");

const others = `show cli level
show backend
show env NOSUCH
show errors nob
get var
get var proc.nope
set maxconn frontend
set maxconn frontend nope
set maxconn frontend f
set maxconn frontend f 5
set maxconn global
set maxconn global 50
set timeout
set timeout cli
set timeout cli foo
set timeout cli 5
set rate-limit connections global
set rate-limit connections global 5
set rate-limit connections global 0
set rate-limit http-compression global
set rate-limit http-compression global 5
set rate-limit http-compression global 0
shutdown session
shutdown session 0x1
clear counters
show sess 0x1234
show resolvers nope
set severity-output
set severity-output foo
set severity-output none; set severity-output foo
set severity-output string; set severity-output foo; set server b/s3 addr 127.0.0.9
set severity-output string; enable frontend f; show cli level
operator; user; operator
user; set weight b/s1 4; show env; clear counters; set timeout cli 4; set severity-output none; show env
enable frontend
enable frontend nope
enable frontend f
disable frontend f
disable frontend f
enable frontend f
shutdown frontend nope
shutdown frontend f
shutdown frontend f
enable frontend f
disable frontend f`.split("\n");

const tables = `show table nope
set table t key 192.0.2.1 data.conn_cnt 3
set table t key 192.0.2.2 data.conn_cnt 1
show table t
show table t key
show table t key 192.0.2.1
show table t key 192.0.2.9
show table t foo
show table t data.x
show table t data.gpc0 gt 1
show table t data.conn_cnt
show table t data.conn_cnt xx 3
show table t data.conn_cnt gt xx
show table t data.conn_cnt gt 1
show table t data.conn_cnt gt 1 data.conn_cnt lt 3
show table t data.conn_cnt gt 1 data.foo lt 3
show table t data.conn_cnt gt 1 data.conn_cnt xx 3
clear table
clear table nope
clear table t foo
clear table t key
clear table t key 192.0.2.9
clear table t data.conn_cnt
clear table t data.conn_cnt gt 2
show table t
set table
set table nope
set table t foo 1
set table t key
set table t data.conn_cnt gt 4
set table t key 192.0.2.2 data.conn_cnt x
set table t key 192.0.2.2 data.foo 3
set table t key 192.0.2.2 data.gpc0 3
set table t key 192.0.2.2 foo 3
show table t`.split("\n");

const lists = `show map nope
show acl nope
show map <dir>/net.map
get map
get map nope a
get map <dir>/net.map 192.0.2.4
add map
add map nope a b
add map <dir>/net.map 192.0.2.5 d
add map @99 <dir>/net.map 192.0.2.6 d
add map <dir>/net.map xx d
set map
set map nope a b
set map <dir>/net.map 192.0.2.4 q
set map <dir>/net.map 192.0.2.8 q
del map
del map nope a
del map <dir>/net.map zz
del map <dir>/net.map #0xzz
clear map
clear map nope
prepare map
prepare map <dir>/net.map
commit map
commit map @1
commit map @1 nope
commit map @77 <dir>/net.map
commit map @1 <dir>/net.map
show map <dir>/net.map
prepare acl
add acl
get acl
del acl
add acl <dir>/net.acl xx`.split("\n");

function asking(name: string, commands: readonly string[]): Case {
  return {
    name: `what the stats socket says of ${name}`,
    configuration: `global
    nbthread 1
    log <log> local0
    stats socket <admin> level admin severity-output number
defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
backend t
    stick-table type ip size 10 store conn_cnt
frontend f
    bind <f>
    tcp-request connection reject if { src -f <dir>/net.acl }
    use_backend b if { src,map_ip(<dir>/net.map) -m found }
    default_backend b
backend b
    server s1 127.0.0.1:1 check inter 60s agent-check agent-port 1 agent-inter 60s
    server s2 127.0.0.1:2 track b/s1
    server s3 127.0.0.1:3
`,
    files: { "net.map": "192.0.2.4 x\n", "net.acl": "192.0.2.9\n" },
    chance: ["logs"],
    logs: 0,
    async traffic(stage) {
      for (const command of commands) {
        const answer = await stage.command(command.replaceAll("<dir>", stage.folder));
        // Where an entry stands in memory.
        stage.note(`${command}: ${JSON.stringify(answer.replaceAll(/0x[0-9a-f]+(?=:| )/g, "0x…"))}`);
      }
    },
  };
}

/** Of servers s1 to s5: how the file has them, and what the state file says of them. */
const kept = [
  { line: "", admin: 5 },
  { line: " disabled", admin: 4 },
  { line: "", admin: 1 },
  { line: " disabled", admin: 5 },
  { line: " disabled", admin: 0 },
  { line: "", admin: 8 },
] as const;

const stateHead =
  "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight " +
  "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state " +
  "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr " +
  "srv_agent_port\n";

const restored: Case = {
  name: "maintenance that a state file and the configuration tell of differently",
  configuration: `global
    nbthread 1
    log <log> local0
    stats socket <admin> level admin
    server-state-file <dir>/state
defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    load-server-state-from-file global
listen f
    bind <f>
${kept.map(({ line }, at) => `    server s${at + 1} 127.0.0.1:${at + 1}${line}\n`).join("")}`,
  files: {
    state:
      stateHead +
      kept
        .map(
          ({ admin }, at) =>
            `2 f ${at + 1} s${at + 1} 127.0.0.1 2 ${admin} 1 1 1 1 0 0 8 0 0 0 - ${at + 1} - 0 0 - - 0\n`,
        )
        .join(""),
  },
  chance: ["logs"],
  logs: 0,
  async traffic(stage) {
    const note = async (): Promise<void> => {
      const lines = (await stage.command("show servers state f")).split("\n").slice(2);
      for (const fields of lines.map((line) => line.split(" "))) stage.note(fields.slice(3, 9).join(" "));
    };
    await note();
    for (const [at, state] of ["ready", "maint", "drain", "ready", "maint", "ready"].entries())
      await stage.command(`set server f/s${at + 1} state ${state}`);
    await note();
  },
};

/** What is counted of servers and proxies, but for what depends on how fast it was. */
const counted = "smax slim stot bin bout econ wretr chkfail chkdown lbtot rate_max qmax lastsess ttime".split(" ");

async function noteCounters(stage: Stage, what: string): Promise<void> {
  const [head = "", ...rows] = (await stage.command("show stat")).trim().split("\n");
  const names = head.replace("# ", "").split(",");
  for (const row of rows) {
    const cells = row.split(",");
    const told = names.flatMap((name, at) => {
      const value = name === "lastsess" || name === "ttime" ? shortTime(cells[at] ?? "") : cells[at];
      return counted.includes(name) ? [`${name}=${value}`] : [];
    });
    stage.note(`${what}: ${cells[0]}/${cells[1]} ${told.join(" ")}`);
  }
}

/** Whether a session of a millisecond or two began in this one or in the next is a matter of the moment. */
function shortTime(cell: string): string {
  return cell !== "" && Number(cell) >= 0 && Number(cell) < 1000 ? "short" : cell;
}

async function infoOf(stage: Stage, name: string): Promise<number> {
  return Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(await stage.command("show info"))?.[1]);
}

const counters: Case = {
  name: "counters while a session runs, after they are cleared, and limits of frontends when the process's is changed",
  configuration: `global
    nbthread 1
    maxconn 100
    log <log> local0
    stats socket <admin> level admin
defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend f
    bind <f>
    default_backend b
frontend g
    bind <g>
    maxconn 7
    default_backend b
backend b
    server s1 <s1>
    server s2 <s2> check inter 100ms fall 1
`,
  servers: { s1: "echo", s2: "refuse" },
  logs: 0,
  chance: ["logs"],
  async traffic(stage) {
    await stage.status("b/s2", "DOWN");
    await stage.ask("f", { send: "a".repeat(1000), until: "a".repeat(1000), end: true });
    // One session at a time, or the most at once is chance.
    await stage.until("nobody is there", async () => /^b,BACKEND,\d+,\d+,0,/m.test(await stage.command("show stat")));
    const client = await stage.connect("g");
    const before = await infoOf(stage, "TotalBytesOut");
    client.send("b".repeat(20_000));
    await client.receive("b".repeat(20_000));
    // As many to the server; HAProxy counts its answers on this socket as well.
    const sent = (await infoOf(stage, "TotalBytesOut")) - before;
    stage.note(`sent while it runs: ${sent >= 40_000 && sent < 60_000}`);
    stage.note(`rate while it runs: ${(await infoOf(stage, "BytesOutRate")) > 0}`);
    client.end();
    await client.ended();
    await stage.until("nobody is there", async () => /^b,BACKEND,\d+,\d+,0,/m.test(await stage.command("show stat")));
    await noteCounters(stage, "counted");
    await stage.command("clear counters");
    await noteCounters(stage, "cleared");
    const total = await infoOf(stage, "TotalBytesOut");
    await stage.command("clear counters all");
    await noteCounters(stage, "cleared all");
    stage.note(`sent stays: ${(await infoOf(stage, "TotalBytesOut")) >= total}`);
    const held = await stage.connect("f");
    held.send("c\n");
    await held.receive("c\n");
    await stage.command("clear counters");
    await noteCounters(stage, "cleared while one runs");
    held.end();
    await held.ended();
    for (const limit of ["50", "150", "0"]) {
      stage.note(`set maxconn global ${limit}: ${await stage.command(`set maxconn global ${limit}`)}`);
      stage.note(`${await infoOf(stage, "Maxconn")} of ${await infoOf(stage, "Hard_maxconn")}`);
      await noteCounters(stage, `limit ${limit}`);
    }
  },
};

export const adminCases: readonly Case[] = [
  counters,
  restored,
  asking("servers", servers),
  asking("everything else that runs", others),
  asking("tables", tables),
  asking("maps and ACLs", lists),
];
