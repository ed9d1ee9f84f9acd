/** Why an address could not be bound, and what helps. */
import { expect, test } from "bun:test";
import { bindFailureText, bindReasonText } from "../../../src/service/bind-failure.ts";

const failure = {
  position: { file: "a.cfg", line: 3 },
  proxy: "frontend f",
  address: "*:22",
  host: "*",
  port: 22,
  code: "EADDRINUSE",
  message: "",
};

/** The second line, where a command of this name holds the port. */
function advised(command: string): string | undefined {
  return bindFailureText(failure, () => ({ pid: 7, command })).split("\n    ")[1];
}

test("only a process like this one is to be told to go by -sf, which others die of", () => {
  expect(advised("fairlead")).toBe(
    "port 22 is held by process 7 (fairlead); stop it, or start as the same user with -sf 7",
  );
  expect(advised("haproxy")).toContain("-sf 7");
  for (const command of ["sshd", "systemd", "nginx", "socat"]) expect(advised(command)).not.toContain("-sf");
  expect(advised("sshd")).toContain("'Port' in sshd_config");
  expect(advised("systemd")).toContain("systemctl list-sockets");
});

test("an address that no file names is not told of options of bind lines", () => {
  const why = bindReasonText({ code: "EADDRNOTAVAIL", message: "", host: "127.0.0.1", port: 22 });
  expect(why).toBe("(Cannot assign requested address)\n    no interface of this machine has that address");
});

test("what a transport says in words of its own is not lost behind its code", () => {
  const message = "abstract sockets exist on Linux only";
  expect(bindReasonText({ code: "EINVAL", message, host: "", port: null })).toBe(`(${message})`);
});
