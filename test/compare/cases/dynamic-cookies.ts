/** `cookie … dynamic` changed by commands: what they say, what clients get, what statistics show. */
import type { Socket } from "node:net";
import type { Case, Stage } from "../case.ts";

const commands = `disable dynamic-cookie backend
disable dynamic-cookie backend nope
disable dynamic-cookie backend b
set dynamic-cookie-key backend
set dynamic-cookie-key backend b
set dynamic-cookie-key backend nope x
set dynamic-cookie-key backend b other
enable dynamic-cookie backend b
set dynamic-cookie-key backend b third
disable dynamic-cookie backend b
enable dynamic-cookie backend keyless
set dynamic-cookie-key backend keyless k
enable dynamic-cookie backend keyless
enable dynamic-cookie backend plain
set dynamic-cookie-key backend plain k
enable dynamic-cookie backend f
enable dynamic-cookie backend b
set server b/s1 addr 127.0.0.9
set server b/s3 state ready
disable dynamic-cookie backend b`.split("\n");

function answer(socket: Socket): void {
  socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

/** Cookies as `show stat` has them. */
async function noteCookies(stage: Stage): Promise<void> {
  const [head = "", ...rows] = (await stage.command("show stat")).split("\n").map((line) => line.split(","));
  const at = [...head].indexOf("cookie");
  for (const row of rows) if ((row[at] ?? "") !== "") stage.note(`${row[0]}/${row[1]} ${row[at]}`);
}

export const dynamicCookieCases: readonly Case[] = [
  {
    name: "dynamic cookies on command",
    configuration: `global
    nbthread 1
    stats socket <admin> level admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend f
    bind <f>
    default_backend b
backend b
    balance first
    cookie SRV insert indirect nocache dynamic
    dynamic-cookie-key secret
    server s1 127.0.0.1:7
    server s2 127.0.0.1:7 cookie own
    server s3 127.0.0.2:7 disabled
    use-server s4 if TRUE
    server s4 <s> cookie own4
backend keyless
    cookie SRV insert dynamic
    server s1 127.0.0.1:7
    server s2 127.0.0.1:7 cookie own
backend plain
    cookie SRV insert
    server s1 127.0.0.1:7
`,
    servers: { s: answer },
    logs: 0,
    chance: ["servers"],
    async traffic(stage) {
      await noteCookies(stage);
      for (const command of commands) {
        stage.note(command);
        stage.note(await stage.command(command));
        await noteCookies(stage);
        await stage.ask("f", { send: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" });
      }
    },
  },
];
