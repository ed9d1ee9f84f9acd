/** Clients and servers made of plain sockets, for what ssh would never do. */
import { connect, createServer, type Server, type Socket } from "node:net";

/** A server on a port that the kernel chose; its connections end with it. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** Connections accepted so far, in order. */
  readonly connections: readonly Socket[];
}

/** Listens and gives each connection to `serve`. A client may be done sending long before it is done reading. */
export async function serve(take: (socket: Socket) => void, host = "127.0.0.1", port = 0): Promise<TestServer> {
  const connections: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(socket);
    // A reset is among what is tested; it is seen by 'close'.
    socket.on("error", () => undefined);
    take(socket);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  return {
    port: (server.address() as { port: number }).port,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends everything back, and ends when the client has ended. */
export function echoServer(host = "127.0.0.1"): Promise<TestServer> {
  return serve((socket) => socket.pipe(socket), host);
}

/** Says something first, listens to nothing, and ends when the client has ended. */
export function greet(socket: Socket, words: string): void {
  socket.write(words);
  socket.on("end", () => socket.end()).resume();
}

/** How a connection ended for the one who looks: by FIN, or cut off. */
export interface Ending {
  readonly bytes: Buffer;
  readonly end: "fin" | "reset";
}

/** Opens a connection that may be half closed; resolves when it stands. */
export function open(port: number, host = "127.0.0.1"): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, allowHalfOpen: true }, () => {
      socket.off("error", reject);
      socket.on("error", () => undefined);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** Reads to the end, whichever it is. Half open sockets stay so: the caller ends them. */
export function readAll(socket: Socket): Promise<Ending> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const done = (end: Ending["end"]): void => resolve({ bytes: Buffer.concat(chunks), end });
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => done("fin"));
    socket.on("close", () => done("reset"));
  });
}

/** Reads until so many bytes have come. */
export function readBytes(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let got = 0;
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      got += chunk.length;
      if (got < length) return;
      socket.off("data", take).off("close", lost);
      resolve(Buffer.concat(chunks));
    };
    const lost = (): void => reject(new Error(`closed after ${got} of ${length} bytes`));
    socket.on("data", take).on("close", lost);
  });
}

/** Sends lines to a command socket, half-closes, and takes what comes. */
export function command(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect({ path, allowHalfOpen: true });
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => (answer += part));
    socket.on("end", () => (socket.end(), resolve(answer)));
    socket.on("error", reject);
    socket.end(text);
  });
}
