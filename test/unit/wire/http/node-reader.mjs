// Reads streams of HTTP/1 with node's own parser (llhttp, strict) and tells what it read: a line of JSON in, one out.
import http from "node:http";
import { Duplex } from "node:stream";
import { createInterface } from "node:readline";

const settle = () => new Promise((done) => setImmediate(() => setImmediate(() => setImmediate(done))));

class Wire extends Duplex {
  _read() {}
  _write(chunk, encoding, done) {
    done();
  }
  setTimeout() {
    return this;
  }
  setNoDelay() {}
  setKeepAlive() {}
  ref() {}
  unref() {}
}

function collect(message, start, into) {
  const read = { start, body: "", isWhole: false };
  into.push(read);
  message.setEncoding("latin1");
  message.on("data", (text) => (read.body += text));
  message.on("end", () => (read.isWhole = message.complete));
  message.on("error", () => {});
}

async function readRequests(bytes) {
  const messages = [];
  let error = "";
  const server = http.createServer({ insecureHTTPParser: false, requireHostHeader: false, keepAliveTimeout: 0 });
  server.on("request", (request, response) => {
    collect(request, `${request.method} ${request.url}`, messages);
    request.on("end", () => response.end());
  });
  server.on("checkContinue", (request, response) => server.emit("request", request, response));
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  server.on("clientError", (fault) => (error = fault.code ?? String(fault)));
  const wire = new Wire();
  server.emit("connection", wire);
  wire.push(bytes);
  for (let turn = 0; turn < 10; turn++) await settle();
  wire.destroy();
  return { messages, error };
}

async function readResponse(bytes, method) {
  const messages = [];
  let error = "";
  const wire = new Wire();
  const request = http.request({ method, createConnection: () => wire, insecureHTTPParser: false });
  request.on("information", ({ statusCode }) => messages.push({ start: `${statusCode}`, body: "", isWhole: true }));
  request.on("response", (response) => collect(response, `${response.statusCode}`, messages));
  request.on("error", (fault) => (error ||= fault.code ?? String(fault)));
  request.end();
  await settle();
  wire.push(bytes);
  for (let turn = 0; turn < 6; turn++) await settle();
  wire.push(null);
  for (let turn = 0; turn < 4; turn++) await settle();
  wire.destroy();
  return { messages, error };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { text, method } = JSON.parse(line);
  const bytes = Buffer.from(text, "latin1");
  const read = method === undefined ? await readRequests(bytes) : await readResponse(bytes, method);
  process.stdout.write(`${JSON.stringify(read)}\n`);
}
