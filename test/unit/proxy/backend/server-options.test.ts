/** Where connections to a server come from and go to. */
import { expect, test } from "bun:test";
import type { ServerPlan } from "../../../../src/plan/server.ts";
import {
  checkOptions,
  connectOptions,
  type Located,
  routeOf,
  ServerSockets,
} from "../../../../src/proxy/backend/server-options.ts";
import type { HttpView } from "../../../../src/rules/http-view.ts";
import { Fields } from "../../../../src/wire/http/fields.ts";
import { backendPlan, serverPlan } from "../plans.ts";

const client = {
  source: { kind: "tcp", host: "10.0.0.1", port: 4000 },
  destination: { kind: "tcp", host: "10.0.0.2", port: 2222 },
} as const;

type Source = NonNullable<ServerPlan["source"]>;

function source(own: Partial<Source> = {}): Source {
  return { host: "10.9.9.9", port: 0, lastPort: 0, interface: null, useSource: null, ...own } as Source;
}

function located(own: Partial<ServerPlan> = {}, backend: Parameters<typeof backendPlan>[0] = {}): Located {
  const plan = serverPlan("s1", 22, own);
  const { address } = plan;
  const where =
    address.kind === "tcp" ? { kind: "tcp" as const, host: address.host, port: address.port ?? 0 } : address;
  return { plan, backend: { plan: backendPlan(backend) }, address: where };
}

function portOf(server: Located): unknown {
  const { address } = connectOptions(server, client);
  return address.kind === "tcp" ? address.port : address;
}

test("a port that the line leaves out, or moves, is the one that the client connected to", () => {
  const address = { kind: "tcp", host: "127.0.0.1", isName: false, family: null, portOffset: 0 } as const;
  expect(portOf(located())).toBe(22);
  expect(portOf(located({ address: { ...address, port: null } }))).toBe(2222);
  expect(portOf(located({ address: { ...address, port: null, portOffset: -2000 } }))).toBe(222);
  expect(portOf(located({ address: { ...address, port: null, portOffset: 65_000 } }))).toBe((2222 + 65_000) & 0xffff);
});

test("a server without an address is where the client wanted to go", () => {
  for (const host of ["0.0.0.0", "::"]) {
    const address = { kind: "tcp", host, isName: false, family: null, port: 22, portOffset: 0 } as const;
    expect(connectOptions(located({ address }), client).address).toEqual({ kind: "tcp", host: "10.0.0.2", port: 22 });
    const open = located({ address: { ...address, port: null } });
    expect(connectOptions(open, client).address).toEqual(client.destination);
    const local = { ...client, destination: { kind: "unix", path: "/x" } } as const;
    expect(connectOptions(located({ address }), local).address).toEqual({ kind: "tcp", host, port: 22 });
    const each = new ServerSockets(located({ address }));
    expect(each.optionsFor(client, false)).not.toBe(each.optionsFor(client, false));
  }
});

test("connections whose way depends on the client are told apart by it", () => {
  const address = { kind: "tcp", host: "0.0.0.0", isName: false, family: null, port: null, portOffset: 0 } as const;
  const other = { ...client, destination: { ...client.destination, host: "10.0.0.3" } };
  const header = { version: 1, tlvs: [] } as unknown as ServerPlan["proxyHeader"];
  const routes = (own: Partial<ServerPlan>): (string | null)[] =>
    [client, other].map((one) => routeOf(located(own), one));
  expect(routes({})).toEqual([null, null]);
  for (const own of [{ address }, { proxyHeader: header }]) {
    const [one, another] = routes(own);
    expect([one, another].includes(null)).toBe(false);
    expect(one).not.toBe(another as string);
  }
});

const from = (own: Partial<ServerPlan>, backend = {}) => connectOptions(located(own, backend), client).source;

test("the server's source outweighs its backend's, and '*' is none", () => {
  expect(from({}, { source: source() })).toEqual({ host: "10.9.9.9", port: 0 });
  expect(from({ source: source({ host: "10.8.8.8" }) }, { source: source() })).toEqual({ host: "10.8.8.8", port: 0 });
  expect(from({ source: source({ host: "*" }) }, { source: source() })).toBeNull();
});

const shown = (useSource: Source["useSource"]) => {
  const { source: from, transparent } = connectOptions(located({ source: source({ useSource }) }), client);
  return [from, transparent];
};

test("usesrc shows the client, with its port or without, or another address", () => {
  expect(shown("client")).toEqual([{ host: "10.0.0.1", port: 4000 }, true]);
  expect(shown("clientip")).toEqual([{ host: "10.0.0.1", port: 0 }, true]);
  expect(shown({ host: "10.7.7.7", port: 5 })).toEqual([{ host: "10.7.7.7", port: 5 }, true]);
  expect(shown(null)).toEqual([{ host: "10.9.9.9", port: 0 }, false]);
});

test("usesrc may be what a field of the request says, of the server's family", () => {
  const fields = new Fields();
  const from = (value: string): unknown => {
    fields.set("x-real-ip", value);
    const http = { request: { fields } } as unknown as HttpView;
    const useSource = { header: "x-real-ip", occurrence: -1 };
    const { source: local, transparent } = connectOptions(located({ source: source({ useSource }) }), {
      ...client,
      http,
    });
    return [local?.host, transparent];
  };
  expect(from("10.6.6.6, 10.5.5.5")).toEqual(["10.5.5.5", true]);
  for (const none of ["nobody", "::1", "10.5.5.5:80", ""]) expect(from(none)).toEqual(["10.9.9.9", false]);
});

test("checks come from the line's address, never from a client's", () => {
  expect(checkOptions(located({ source: source({ useSource: "client" }) }))).toMatchObject({
    source: { host: "10.9.9.9", port: 0 },
    transparent: false,
  });
});

test("one object serves all sessions, until something is another or where it depends on the client", () => {
  const sockets = new ServerSockets(located());
  const first = sockets.optionsFor(client, false);
  expect(sockets.optionsFor(client, false)).toBe(first);
  expect(sockets.optionsFor(client, true)).toEqual({ ...first, quickAck: false });
  sockets.forgetAddress();
  expect(sockets.optionsFor(client, false)).not.toBe(first);
  const each = new ServerSockets(located({ source: source({ useSource: "client" }) }));
  expect(each.optionsFor(client, false)).not.toBe(each.optionsFor(client, false));
});

test("ports of a range are kept while the range is the same", () => {
  expect(new ServerSockets(located({ source: source({ port: 5, lastPort: 5 }) })).sourcePorts).toBeNull();
  const sockets = new ServerSockets(located({ source: source({ port: 5, lastPort: 9 }) }));
  expect(sockets.sourcePorts?.take()).toBe(5);
  sockets.forget();
  expect(sockets.sourcePorts?.take()).toBe(6);
});

test("the handshake's last ACK is saved on loopback, or as the backend says", () => {
  expect(new ServerSockets(located()).savesAck).toBe(true);
  expect(new ServerSockets(located({}, { tcpSmartConnect: false })).savesAck).toBe(false);
  const far = { ...located(), address: { kind: "tcp", host: "10.0.0.9", port: 22 } as const };
  expect(new ServerSockets(far).savesAck).toBe(false);
});
