/** What rules and log formats may ask of a session, by the values that HAProxy 2.6 gives. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { transport } from "../../transport.ts";
import type { Event } from "../../../src/events.ts";
import { Proxy } from "../../../src/proxy/proxy.ts";
import { compileExpression } from "../../../src/rules/expression.ts";
import { cast } from "../../../src/rules/value/sample.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { expression } from "../rules/session.ts";
import { bindPlan, frontendPlan, onePlan, serverPlan } from "./plans.ts";
import { Scene } from "./proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** Runs one client through a plan; what the expressions said while its log line was made. */
async function told(
  fetches: readonly string[],
  type: Event["type"],
  plan: (server: number) => Plan,
  sent: string,
): Promise<Record<string, string>> {
  await using scene = new Scene();
  const server = await scene.serve("hi");
  const said: Record<string, string> = {};
  const proxy = new Proxy(transport, (event) => {
    if (event.type !== type || !("samples" in event)) return;
    for (const text of fetches) {
      const sample = compileExpression(expression(text), proxy.tables)(event.samples);
      said[text] = sample === undefined || sample === "wait" ? "-" : String(cast(sample, "str")?.value);
    }
  });
  expect(await proxy.apply(plan(server))).toEqual([]);
  const address = proxy.running.frontends.get("fe")?.address;
  const socket = connect(address?.kind === "tcp" ? address.port : 0, "127.0.0.1");
  socket.on("error", () => {});
  socket.on("data", () => {});
  socket.end(sent);
  await scene.until(() => Object.keys(said).length > 0);
  proxy.hardStop();
  await proxy.drained;
  return said;
}

const track = { kind: "track-sc", slot: 0, key: expression("src"), table: null } as const;
const priority = { kind: "set-priority-class", value: expression("int(3)") } as const;
const stores = ["conn_cnt", "conn_cur"].map((name) => ({ name, periodMs: 0, count: 1 }));

test("a session's own figures and what it tracks are there while its line is made", async () => {
  const position = { file: "a.cfg", line: 7 };
  const plan = (server: number): Plan =>
    onePlan(
      {
        binds: [bindPlan({ name: "lst" })],
        stickTable: {
          name: "fe",
          type: "ip",
          keyLength: 4,
          size: 10,
          expireMs: 0,
          nopurge: false,
          stores,
        },
        connectionRules: [{ position, action: track, condition: null }],
        contentRules: [{ position, action: priority, condition: null }],
        timeouts: { ...frontendPlan().timeouts, clientMs: 2000 },
      },
      {
        servers: [serverPlan("s1", server)],
        timeouts: { connectMs: 5000, serverMs: 3000, serverFinMs: 0, tunnelMs: 4000, queueMs: 0, checkMs: 0 },
      },
    );
  const wanted = {
    sc0_conn_cnt: "1",
    sc0_conn_cur: "1",
    dst_conn: "1",
    fe_conn: "1",
    so_name: "lst",
    prio_class: "3",
    fe_client_timeout: "2000",
    fe_defbe: "be",
    be_server_timeout: "3000",
    be_tunnel_timeout: "4000",
    cur_server_timeout: "3000",
    fc_err: "0",
    fc_err_str: "Success",
    bc_err: "0",
  };
  expect(await told(Object.keys(wanted), "session", plan, "there")).toEqual(wanted);
});

test("what content rules captured is there for the log, cut to its length", async () => {
  const position = { file: "a.cfg", line: 7 };
  const value = expression("int(12345)");
  const capture = { kind: "capture", from: "request", value, slot: 1, length: 3 } as const;
  const contentRules = [{ position, action: capture, condition: null }];
  const plan = (server: number): Plan => onePlan({ contentRules }, { servers: [serverPlan("s1", server)] });
  const wanted = { "capture.req.hdr(0)": "-", "capture.req.hdr(1)": "123", "capture.req.hdr(2)": "-" };
  expect(await told(Object.keys(wanted), "session", plan, "there")).toEqual(wanted);
});

function expectingHeader(): Plan {
  return onePlan({ binds: [bindPlan({ acceptProxy: true })] }, { servers: [] });
}

test("a bad PROXY header is an error of the client's connection, by HAProxy's number and words", async () => {
  const fetches = ["fc_err", "fc_err_str", "bc_err", "be_server_timeout", "cur_server_timeout"];
  expect(await told(fetches, "connection-failed", expectingHeader, "SSH-2.0-OpenSSH_9\r\n")).toEqual({
    fc_err: "15",
    fc_err_str: "Received something which does not look like a PROXY protocol header",
    bc_err: "-",
    be_server_timeout: "0",
    cur_server_timeout: "0",
  });
});

test("a frontend without a format tells of sessions as they come, and not as they end", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({ logFormat: null }, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const client = await scene.open();
  await scene.until(() => scene.events.some((event) => event.type === "accepted"));
  const { localPort } = client.socket;
  expect(scene.events.filter((event) => event.type === "accepted")).toMatchObject([
    {
      client: { kind: "tcp", host: "127.0.0.1", port: localPort },
      frontendAddress: { kind: "tcp", host: "127.0.0.1", port: scene.port() },
      listenerId: 1,
    },
  ]);
  client.socket.end();
  await client.ended;
});

test("an operator drains a server that is down, and brings one back from maintenance", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", 9), serverPlan("s2", 9)] }));
  const { proxy } = scene;
  proxy.operator.setServerHealth("be", "s1", "down");
  for (const state of ["drain", "ready", "maint", "ready"] as const) proxy.operator.setServerState("be", "s1", state);
  const changes = scene.events.flatMap((event) => (event.type === "server" ? [`${event.from} ${event.to}`] : []));
  expect(changes).toEqual(["no check DOWN", "DOWN DRAIN", "DRAIN DOWN", "DOWN MAINT", "MAINT no check"]);
});
