/** What a runtime's own sockets cannot do is refused by the words that ask for it, and all else is taken. */
import { expect, test } from "bun:test";
import { refuseConnectOptions, refuseListenOptions } from "../../../src/net/refused-options.ts";
import type { ConnectOptions, ListenOptions, TransportError } from "../../../src/net/transport.ts";
import { connectDefaults, listenDefaults } from "../../contract/stage.ts";

const address = { kind: "tcp", host: "127.0.0.1", port: 1 } as const;

function refusal(act: () => void): string | null {
  try {
    act();
    return null;
  } catch (error) {
    const { code, message } = error as TransportError;
    return `${code} ${message.split(" would need")[0]}`;
  }
}

function ofConnection(options: Partial<ConnectOptions>): string | null {
  return refusal(() => refuseConnectOptions({ ...connectDefaults, address, ...options }));
}

function ofListener(options: Partial<ListenOptions>): string | null {
  return refusal(() => refuseListenOptions({ ...listenDefaults, address, ...options }));
}

const patient = { idleSeconds: 5, intervalSeconds: null, count: null };

test.each([
  [{ transparent: true }, "ENOPROTOOPT usesrc"],
  [{ fastOpen: true }, "ENOPROTOOPT tfo"],
  [{ interface: "lo" }, "ENOPROTOOPT interface"],
  [{ mark: 0 }, "ENOPROTOOPT mark"],
  [{ userTimeoutMs: 0 }, "ENOPROTOOPT tcp-ut"],
  [{ congestion: "reno" }, "ENOPROTOOPT cc"],
  [{ keepAlive: { ...patient, intervalSeconds: 1 } }, "ENOPROTOOPT srvtcpka-intvl"],
  [{ keepAlive: { ...patient, count: 1 } }, "ENOPROTOOPT srvtcpka-cnt"],
  [{ keepAlive: { ...patient, count: 1 }, mark: 1 }, "ENOPROTOOPT mark, srvtcpka-cnt"],
  [{ keepAlive: patient, quickAck: false, source: { host: "127.0.0.1", port: 0 }, timeoutMs: 1 }, null],
])("a connection with %j: %p", (options, expected) => expect(ofConnection(options)).toBe(expected));

test.each([
  [{ deferAccept: true, mss: 500 }, "ENOPROTOOPT defer-accept, mss"],
  [{ keepAlive: { ...patient, count: 1 } }, "ENOPROTOOPT clitcpka-cnt"],
  [{ keepAlive: patient, v6only: true, backlog: 1, mode: 0o600 }, null],
])("a listener with %j: %p", (options, expected) => expect(ofListener(options)).toBe(expected));
