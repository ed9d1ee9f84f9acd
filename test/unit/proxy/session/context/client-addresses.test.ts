import { expect, test } from "bun:test";
import type { SocketAddress } from "../../../../../src/address.ts";
import type { Connection } from "../../../../../src/net/transport.ts";
import type { BoundListener } from "../../../../../src/proxy/frontend/listener.ts";
import { ClientAddresses } from "../../../../../src/proxy/session/context/client-addresses.ts";

function at(port: number): SocketAddress {
  return { kind: "tcp", host: "192.0.2.1", port };
}

function addresses(fixedAddress: SocketAddress | null) {
  const asked: string[] = [];
  const client = {
    remote: at(1),
    get local(): SocketAddress {
      asked.push("local");
      return at(2);
    },
  };
  const one = new ClientAddresses(client as unknown as Connection, { fixedAddress } as unknown as BoundListener);
  return { one, asked };
}

function all({ peer, peerDestination, source, destination }: ClientAddresses): SocketAddress[] {
  return [peer, peerDestination, source, destination];
}

test("they are the socket's, which is asked once, and not where the listener knows", () => {
  const { one, asked } = addresses(null);
  expect(asked).toEqual([]);
  expect(all(one)).toEqual([at(1), at(2), at(1), at(2)]);
  expect(asked).toEqual(["local"]);
  const fixed = addresses(at(3));
  expect(all(fixed.one)).toEqual([at(1), at(3), at(1), at(3)]);
  expect(fixed.asked).toEqual([]);
});

test("what is said on arrival is the connection's, what is said later is what rules see", () => {
  const { one } = addresses(null);
  one.source = at(11);
  one.destination = at(12);
  expect(all(one)).toEqual([at(11), at(12), at(11), at(12)]);
  one.isArriving = false;
  one.source = at(21);
  one.destination = at(22);
  expect(all(one)).toEqual([at(11), at(12), at(21), at(22)]);
});

test("what is asked in time outlives the socket", () => {
  const { one, asked } = addresses(null);
  one.keep();
  Object.assign(one.client, { remote: at(9) });
  expect([all(one), asked]).toEqual([[at(1), at(2), at(1), at(2)], ["local"]]);
});
