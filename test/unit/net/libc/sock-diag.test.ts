/** What the kernel says of listening sockets, by the bytes of its answers. */
import { expect, test } from "bun:test";
import { listeningSockets } from "../../../../src/net/libc/sock-diag.ts";
import { AF_INET, AF_INET6, type SocketCalls } from "../../../../src/net/libc/socket-calls.ts";

const inetDiag = 20;
const done = 3;
const failed = 2;

/** A netlink message with so much behind its header. */
function message(type: number, body: readonly number[] | Uint8Array = []): number[] {
  const bytes = new Uint8Array(16 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  bytes.set(body, 16);
  return [...bytes];
}

function socket(family: number, host: readonly number[], port: number, inode: number): number[] {
  const body = new Uint8Array(72);
  const view = new DataView(body.buffer);
  body[0] = family;
  view.setUint16(4, port);
  body.set(host, 8);
  view.setUint32(40, 3, true);
  view.setUint32(64, 1000, true);
  view.setUint32(68, inode, true);
  return message(inetDiag, body);
}

const ten = socket(AF_INET, [10, 1, 2, 3], 8080, 77);
const six = socket(AF_INET6, [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 443, 78);
const mapped = socket(AF_INET6, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1], 1, 79);

/** Asks a kernel that answers with these in turn, and then has nothing. */
function ask(answers: readonly (readonly number[])[], fd = 9) {
  const sent: Uint8Array[] = [];
  const closed: number[] = [];
  let at = 0;
  const calls = {
    socket: () => fd,
    send: (_fd: number, bytes: Uint8Array) => sent.push(bytes),
    recv(_fd: number, buffer: Uint8Array) {
      const answer = answers[at++];
      if (answer === undefined) return -11;
      buffer.set(answer);
      return answer.length;
    },
    close: (one: number) => closed.push(one),
  } as unknown as SocketCalls;
  return { found: listeningSockets(calls, AF_INET6), sent, closed };
}

test("sockets come in several answers, until it says that it is done", () => {
  const { found, sent, closed } = ask([[...ten, ...six], mapped, message(done)]);
  expect(found?.map(({ host, port, inode }) => `${host} ${port} ${inode}`)).toEqual([
    "10.1.2.3 8080 77",
    "2001:db8::1 443 78",
    "10.0.0.1 1 79",
  ]);
  expect(found?.[0]).toMatchObject({ interfaceIndex: 3, uid: 1000 });
  expect(closed).toEqual([9]);
  const [request] = sent;
  // struct inet_diag_req_v2: the family, TCP, and the one state that is asked for.
  expect([request?.length, request?.[16], request?.[17], request?.[21]]).toEqual([72, AF_INET6, 6, 1 << 2]);
});

test("other messages are passed over, lengths rounded up to four", () => {
  const odd = message(99, [1]);
  expect(ask([[...odd, 0, 0, 0, ...ten, ...message(done)]]).found).toHaveLength(1);
});

test.each([
  ["refuses", [message(failed, [1, 2, 3, 4]), message(done)]],
  ["stops in the middle", [ten]],
  ["says a length that cannot be", [[4, 0, 0, 0, ...ten.slice(4)]]],
])("a kernel that %s has told nothing, and the socket is closed", (_name, answers) => {
  const { found, closed } = ask(answers);
  expect([found, closed]).toEqual([null, [9]]);
});

test("where there is no such socket nothing is told", () => {
  expect(ask([], -97)).toMatchObject({ found: null, sent: [], closed: [] });
});
