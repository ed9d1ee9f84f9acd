/** Servers whose names a `resolvers` section follows, with dnsmasq to ask: which address, when it changes, and when it goes. */
import type { Behaviour, Case, Stage } from "../case.ts";

/** Says which of its addresses was connected to. */
const tellsAddress: Behaviour = (socket) => void socket.end(`${socket.localAddress?.replace("::ffff:", "")}\n`);
const anywhere = { s1: { does: tellsAddress, on: "0.0.0.0" } };

/** Short times, and trouble of the name server itself held for longer than a case takes. */
const section = `resolvers r
    nameserver ns1 <dns>
    resolve_retries 3
    timeout resolve 100ms
    timeout retry 200ms
    hold valid 100ms
    hold obsolete 0s
    hold nx 0s
    hold other 0s
    hold refused 30s
    hold timeout 30s
`;

function listen(lines: string): string {
  return `${section}listen fe
    bind <fe>
    retries 0
    ${lines.trim().split("\n").join("\n    ")}
`;
}

const shared = { ports: ["dns"], needs: ["dnsmasq"] } as const;

/** A name server with these records, which asks nobody else. */
function serve(stage: Stage, ...records: string[]): Promise<{ stop(): Promise<void> }> {
  const options =
    "--keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --log-facility=- --bind-interfaces --pid-file= " +
    `--listen-address=127.0.0.1 --port=${stage.port("dns")} --local=/test/ --user=root`;
  return stage.start(["dnsmasq", ...options.split(" "), ...records], /started, version/);
}

/** Of each server: name, address, operational and administrative state, weight, name asked for, port; ports of the test by name. */
async function servers(stage: Stage): Promise<string[]> {
  const text = await stage.command("show servers state fe");
  const rows = text
    .split("\n")
    .slice(2)
    .filter((line) => line !== "");
  return rows.map((line) => {
    const fields = line.split(" ");
    return [3, 4, 5, 6, 7, 17, 18].map((at) => fields[at]).join(" ");
  });
}

/** Waits until the servers' addresses are these, in any order. */
async function settle(stage: Stage, ...addresses: string[]): Promise<void> {
  await stage.until(addresses.join(" "), async () => {
    const found = (await servers(stage)).map((line) => line.split(" ")[1]).toSorted();
    if (found.join(" ") === addresses.toSorted().join(" ")) return true;
    throw new Error(found.join(" "));
  });
}

async function counter(stage: Stage, name: string): Promise<number> {
  return Number(new RegExp(` ${name}: +(\\d+)`).exec(await stage.command("show resolvers r"))?.[1]);
}

async function noteServers(stage: Stage): Promise<void> {
  for (const line of await servers(stage)) stage.note(line.replace(` ${stage.port("s1")}`, " <s1>"));
}

/** Address, operational state, weight and port: which slot of a template has which is left to chance. */
async function noteSlots(stage: Stage): Promise<void> {
  const lines = (await servers(stage)).map((line) => line.split(" "));
  for (const line of lines.map((fields) => [1, 2, 4, 6].map((at) => fields[at]).join(" ")).toSorted())
    stage.note(line.replace(` ${stage.port("s1")}`, " <s1>"));
}

export const resolversCases: readonly Case[] = [
  {
    name: "a name is looked up, and its address used",
    configuration: listen("server s1 a.test:<s1:port> resolvers r init-addr none"),
    servers: anywhere,
    ...shared,
    async traffic(stage) {
      await noteServers(stage);
      await stage.ask("fe");
      await serve(stage, "--host-record=a.test,127.0.0.11");
      await settle(stage, "127.0.0.11");
      await noteServers(stage);
      await stage.ask("fe");
    },
    logs: 5,
  },
  {
    name: "an address that changes is followed, through an alias as well",
    configuration: listen("server s1 a.test:<s1:port> resolvers r init-addr none"),
    servers: anywhere,
    ...shared,
    async traffic(stage) {
      const first = await serve(stage, "--host-record=a.test,127.0.0.11");
      await settle(stage, "127.0.0.11");
      await stage.ask("fe");
      await first.stop();
      const second = await serve(stage, "--host-record=a.test,127.0.0.12");
      await settle(stage, "127.0.0.12");
      await stage.ask("fe");
      await second.stop();
      await serve(stage, "--cname=a.test,b.test", "--host-record=b.test,127.0.0.13");
      await settle(stage, "127.0.0.13");
      await noteServers(stage);
      await stage.ask("fe");
    },
    logs: 8,
  },
  {
    name: "a name that is not there keeps its server down, and one that goes takes its server down",
    configuration: listen("server s1 a.test:<s1:port> resolvers r init-addr none"),
    servers: anywhere,
    ...shared,
    async traffic(stage) {
      const first = await serve(stage, "--host-record=other.test,127.0.0.14");
      await stage.until("a no", async () => (await counter(stage, "nx")) > 2);
      await noteServers(stage);
      await stage.ask("fe");
      await first.stop();
      const second = await serve(stage, "--host-record=a.test,127.0.0.11");
      await settle(stage, "127.0.0.11");
      await stage.ask("fe");
      await second.stop();
      await serve(stage, "--host-record=other.test,127.0.0.14");
      await stage.status("fe/s1", "MAINT");
      await noteServers(stage);
      await stage.ask("fe");
    },
    logs: 8,
  },
  {
    name: "families and duplicates: IPv6 before IPv4 unless that is preferred, and no address twice for one name",
    configuration: listen(`server s1 both.test:1 resolvers r init-addr none
server s2 other.test:2 resolvers r init-addr none resolve-prefer ipv4
server s3 third.test:3 resolvers r init-addr none resolve-prefer ipv6
server s4 four.test:4 resolvers r init-addr none resolve-prefer ipv6
server s5 six.test:5 resolvers r init-addr none resolve-prefer ipv4
server s6 FOUR.test:6 resolvers r init-addr none
server s7 four.test:7 resolvers r init-addr none resolve-opts allow-dup-ip`),
    servers: anywhere,
    ...shared,
    async traffic(stage) {
      const names = ["both", "other", "third"].map((name, at) => `--host-record=${name}.test,127.0.0.1${at},::1${at}`);
      await serve(stage, ...names, "--host-record=four.test,127.0.0.14", "--host-record=six.test,::15");
      await settle(stage, "::10", "127.0.0.11", "::12", "127.0.0.14", "::15", "-", "127.0.0.14");
      await noteServers(stage);
    },
    // Which family is asked for first when the name server comes up differs.
    chance: ["logs"],
    logs: 0,
  },
  {
    name: "a template's slots share a name's addresses out",
    configuration: listen("balance roundrobin\nserver-template n 3 a.test:<s1:port> resolvers r init-addr none"),
    servers: anywhere,
    ...shared,
    async traffic(stage) {
      const first = await serve(stage, "--host-record=a.test,127.0.0.11", "--host-record=a.test,127.0.0.12");
      await settle(stage, "127.0.0.11", "127.0.0.12", "-");
      await noteSlots(stage);
      const said = new Set<string>();
      for (let at = 0; at < 2; at++) {
        const client = await stage.connect("fe");
        await client.ended();
        said.add(client.text.trim());
      }
      stage.note(Array.from(said).toSorted().join(" "));
      await first.stop();
      const three = ["127.0.0.12", "127.0.0.13", "127.0.0.14"];
      await serve(stage, ...three.map((address) => `--host-record=a.test,${address}`));
      await settle(stage, ...three);
      await noteSlots(stage);
    },
    chance: ["logs"],
    logs: 2,
  },
  {
    name: "services bring port, weight and address, and take them away",
    configuration: listen("server-template n 3 _ssh._tcp.test resolvers r init-addr none"),
    servers: anywhere,
    ...shared,
    async traffic(stage) {
      const first = await serve(
        stage,
        `--srv-host=_ssh._tcp.test,h1.test,${stage.port("s1")},10,100`,
        `--srv-host=_ssh._tcp.test,h2.test,${stage.port("s1")},10,60000`,
        "--host-record=h1.test,127.0.0.11",
        "--host-record=h2.test,127.0.0.12",
      );
      await settle(stage, "127.0.0.11", "127.0.0.12", "-");
      await noteSlots(stage);
      await first.stop();
      await serve(
        stage,
        `--srv-host=_ssh._tcp.test,h2.test,${stage.port("s1")},10,100`,
        "--host-record=h2.test,127.0.0.12",
      );
      await settle(stage, "127.0.0.12", "-", "-");
      await noteSlots(stage);
      await stage.ask("fe");
    },
    chance: ["logs"],
    logs: 1,
  },
  {
    name: "a service's slot tells its target's name, and forgets it with the record",
    configuration: listen("server-template n 1 _ssh._tcp.test resolvers r init-addr none"),
    servers: anywhere,
    ...shared,
    async traffic(stage) {
      await noteServers(stage);
      const records = (name: string): string[] => [
        `--srv-host=_ssh._tcp.test,${name}.test,${stage.port("s1")},10,100`,
        `--host-record=${name}.test,127.0.0.11`,
      ];
      const first = await serve(stage, ...records("h1"));
      await settle(stage, "127.0.0.11");
      await noteServers(stage);
      await stage.ask("fe");
      await first.stop();
      const second = await serve(stage, "--host-record=other.test,127.0.0.14");
      await settle(stage, "-");
      await noteServers(stage);
      await second.stop();
      await serve(stage, ...records("h2"));
      await settle(stage, "127.0.0.11");
      await noteServers(stage);
    },
    logs: 9,
  },
  {
    name: "an operator gives a server another name",
    configuration: listen(`server s1 a.test:<s1:port> resolvers r init-addr none
server s2 127.0.0.1:2 disabled
server s3 127.0.0.1:<s1:port> resolvers r`),
    servers: anywhere,
    ...shared,
    async traffic(stage) {
      await serve(stage, "--host-record=a.test,127.0.0.11", "--host-record=b.test,127.0.0.12");
      await settle(stage, "127.0.0.11", "127.0.0.1", "127.0.0.1");
      stage.note(await stage.command("set server fe/s1 fqdn a.test"));
      await noteServers(stage);
      stage.note(await stage.command("set server fe/s1 fqdn b.test"));
      await settle(stage, "127.0.0.12", "127.0.0.1", "127.0.0.1");
      await noteServers(stage);
      stage.note(await stage.command("set server fe/s1 fqdn gone.test"));
      await settle(stage, "-", "127.0.0.1", "127.0.0.1");
      await noteServers(stage);
      stage.note(await stage.command("set server fe/s2 fqdn b.test"));
      stage.note(await stage.command("set server fe/s3 fqdn b.test"));
      stage.note(await stage.command("set server fe/s3 fqdn b..test"));
      await settle(stage, "-", "127.0.0.1", "127.0.0.12");
      await noteServers(stage);
    },
    logs: 5,
  },
  {
    name: "show resolvers: what was counted, and what was not",
    configuration: `${listen(`server s1 a.test:1 resolvers r init-addr none
server s2 none.test:1 resolvers r init-addr none
server s3 elsewhere.invalid:1 resolvers r init-addr none
server s4 alias.test:1 resolvers r init-addr none`)}resolvers idle
    nameserver one <dns>
    nameserver two tcp@<dns>
`,
    servers: anywhere,
    ...shared,
    async traffic(stage) {
      await serve(stage, "--host-record=a.test,127.0.0.11", "--cname=alias.test,a.test");
      await settle(stage, "127.0.0.11", "-", "-", "127.0.0.11");
      await stage.command("clear counters all");
      for (const name of ["valid", "nx", "refused", "any_err", "cname_error"])
        await stage.until(name, async () => (await counter(stage, name)) > 0);
      // The system's own name servers are a section as well.
      const text = await stage.command("show resolvers");
      stage.note(text.replace(/[1-9]\d*$/gm, "some"));
      stage.note(await stage.command("show resolvers idle"));
      stage.note(await stage.command("show resolvers none"));
    },
    chance: ["logs"],
    logs: 0,
  },
];
