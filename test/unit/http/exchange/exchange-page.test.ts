/** Pages made elsewhere: no faster than they are read, whole or visibly not, and the connection goes on behind them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Responder, ServiceAnswer, StatsRequest, Write } from "../../../../src/http/answers/responder.ts";
import type { StatsPagePlan } from "../../../../src/plan/http.ts";
import { httpPlan, httpScene } from "../http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const page: StatsPagePlan = {
  uri: "/st",
  realm: null,
  users: [],
  scope: [],
  showsVersion: true,
  node: null,
  description: null,
  showsLegends: false,
  showsModules: false,
  refreshSeconds: 0,
  adminRules: [],
  requestRules: [],
};

interface Told extends StatsRequest {
  readonly text: string | null;
}

function responder(pour: ServiceAnswer["pour"], heard: Told[] = []): Responder {
  return {
    stats(request) {
      heard.push({ ...request, text: request.form === null ? null : Buffer.from(request.form).toString() });
      return Promise.resolve({ status: 200, fields: [["x-a", "b"]], pour });
    },
    service: () => null,
  };
}

const hello = async (write: Write): Promise<boolean> => (await write("hel")) && (await write("lo"));

async function received(asked: string, end: string, lines: Partial<StatsPagePlan> = {}, heard: Told[] = []) {
  await using scene = httpScene(responder(hello, heard));
  await scene.apply(httpPlan([], { httpFront: { statsPage: { ...page, ...lines } } }));
  const client = await scene.open();
  client.socket.write(asked);
  await scene.until(() => client.received.endsWith(end));
  client.socket.end();
  await client.ended;
  return client.received;
}

const chunked = "HTTP/1.1 200 OK\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
const get = "GET /st;csv HTTP/1.1\r\nHost: x\r\n\r\n";

test("one behind the other, and HEAD has no body", async () => {
  const head = get.replace("GET", "HEAD");
  const nothing = "HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n";
  expect(await received(get + head + get, nothing + chunked)).toBe(chunked + nothing + chunked);
});

test.each(["", "Connection: keep-alive\r\n"])(
  "HTTP/1.0, %p: the end of the connection is that of the page",
  async (field) => {
    const text = await received(`GET /st HTTP/1.0\r\n${field}\r\n`, "hello");
    expect(text).toBe("HTTP/1.1 200 OK\r\nx-a: b\r\nconnection: close\r\n\r\nhello");
  },
);

test("what is asked is told", async () => {
  const heard: Told[] = [];
  await received(`GET http://x/st;up HTTP/1.1\r\nHost: x\r\nOrigin: o\r\n\r\n`, "0\r\n\r\n", {}, heard);
  expect(heard).toMatchObject([{ method: "GET", proxy: "fe", rest: ";up", isAdmin: false }]);
  expect(heard[0]?.plan.uri).toBe("/st");
});

const always = { unless: true, any: [] };

test.each([
  ["whole", "POST /st HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b", "a=b"],
  [
    "in chunks",
    "POST /st HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na=\r\n1\r\nb\r\n0\r\n\r\n",
    "a=b",
  ],
  ["none", "POST /st HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""],
  ["too long", `POST /st HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n${"x".repeat(50_000)}`, null],
])("a form: %s", async (_, asked, text) => {
  const heard: Told[] = [];
  await received(asked, "0\r\n\r\n", { adminRules: [always] }, heard);
  expect(heard).toMatchObject([{ method: "POST", isAdmin: true, text }]);
});

test("a form is waited for", async () => {
  const heard: Told[] = [];
  await using scene = httpScene(responder(hello, heard));
  await scene.apply(httpPlan([], { httpFront: { statsPage: { ...page, adminRules: [always] } } }));
  const client = await scene.open();
  client.socket.write("POST /st HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=");
  const other = await scene.open();
  other.socket.write(get);
  await scene.until(() => other.received.endsWith("0\r\n\r\n"));
  expect(heard).toHaveLength(1);
  client.socket.write("b");
  await scene.until(() => client.received.endsWith("0\r\n\r\n"));
  expect(heard).toMatchObject([{ method: "GET" }, { method: "POST", text: "a=b" }]);
  client.socket.end();
  other.socket.end();
  await Promise.all([client.ended, other.ended]);
});

test.each(["PUT /st", "GET /s", "GET /", "OPTIONS *"])("%s is not for it", async (line) => {
  const heard: Told[] = [];
  const text = await received(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`, "</html>\n", {}, heard);
  expect(text).toStartWith("HTTP/1.1 503 ");
  expect(heard).toEqual([]);
});

test("a page that throws is cut short, and nothing is left", async () => {
  await using scene = httpScene(
    responder(async (write) => {
      await write("a");
      throw new Error("no");
    }),
  );
  await scene.apply(httpPlan([], { httpFront: { statsPage: page } }));
  const client = await scene.open();
  client.socket.write(get);
  await client.ended;
  expect(client.received).not.toContain("0\r\n\r\n");
});

test("who does not read has nothing made for him, and who leaves ends it", async () => {
  let [written, lastAt] = [0, Infinity];
  let isOver = false;
  const piece = "x".repeat(16_384);
  await using scene = httpScene(
    responder(async (write) => {
      while (await write(piece)) {
        written += piece.length;
        lastAt = performance.now();
      }
      isOver = true;
      return false;
    }),
  );
  await scene.apply(httpPlan([], { httpFront: { statsPage: page } }));
  const client = await scene.open();
  client.socket.pause();
  client.socket.write(get);
  await scene.until(() => performance.now() - lastAt > 300);
  expect(written).toBeLessThan(32 * 1024 * 1024);
  client.socket.destroy();
  await scene.until(() => isOver);
});
