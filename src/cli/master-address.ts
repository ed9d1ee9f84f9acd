/** `-S ADDR[,OPTION,VALUE…]`: where the master socket listens. */
import { isIP } from "node:net";
import type { CommandSocketPlan } from "../ops/sockets/command-socket.ts";

/** Takes the argument apart; a text says what is wrong with it. The level is always admin, as HAProxy's is by default. */
export function parseMasterAddress(argument: string): CommandSocketPlan | string {
  const [text = "", ...options] = argument.split(",");
  const address = parseAddress(text);
  if (address === null) return `'-S' expects an address, not '${text}'`;
  const plan = { address, mode: null as number | null, uid: null as number | null, gid: null as number | null };
  let level: CommandSocketPlan["level"] = "admin";
  let severityOutput: CommandSocketPlan["severityOutput"] = "none";
  for (let index = 0; index < options.length; index += 2) {
    const [name = "", value = ""] = options.slice(index, index + 2);
    if (name === "mode" && /^[0-7]{1,4}$/.test(value)) plan.mode = Number.parseInt(value, 8);
    else if (name === "uid" && /^\d+$/.test(value)) plan.uid = Number(value);
    else if (name === "gid" && /^\d+$/.test(value)) plan.gid = Number(value);
    else if (name === "level" && (value === "user" || value === "operator" || value === "admin")) level = value;
    else if (name === "severity-output" && (value === "none" || value === "number" || value === "string"))
      severityOutput = value;
    else return `'-S': unknown option '${name}' or wrong value '${value}' (mode, uid, gid, level, severity-output)`;
  }
  return { ...plan, level, severityOutput };
}

function parseAddress(text: string): CommandSocketPlan["address"] | null {
  const fd = /^fd@(\d+)$/.exec(text);
  if (fd !== null) return { kind: "fd", fd: Number(fd[1]) };
  if (text.startsWith("abns@")) return { kind: "abstract", name: text.slice(5) };
  const path = /^(?:unix@)?(\/.+)$/s.exec(text)?.[1];
  if (path !== undefined) return { kind: "unix", path };
  const place = /^(?:ipv4@|ipv6@)?(?:\[([^\]]+)\]|(.*)):(\d{1,5})$/.exec(text);
  if (place === null) return null;
  const host = place[1] ?? place[2] ?? "";
  const port = Number(place[3]);
  if (port > 65_535 || (host !== "" && host !== "*" && host !== "localhost" && isIP(host) === 0)) return null;
  return {
    kind: "tcp",
    host: host === "" || host === "*" ? "0.0.0.0" : host === "localhost" ? "127.0.0.1" : host,
    port,
  };
}
