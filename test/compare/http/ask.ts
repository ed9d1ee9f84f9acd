/** A client of one connection over a unix socket. */
import { connect } from "node:net";

/** Sends a text at once; all that comes until the connection ends, a character a byte. */
export async function ask(path: string, text: string): Promise<string> {
  const socket = connect(path);
  let received = "";
  socket.on("data", (bytes) => (received += bytes.toString("latin1")));
  await new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
    socket.write(text);
  });
  return received;
}
