/** What is answered without serving: exit codes, and what goes to stdout and stderr. */
import { describe, expect, test } from "bun:test";
import { evaluateCondition, refuseCommandLine } from "../../../src/cli/inquiries.ts";
import { openTerminal } from "../../../src/cli/terminal.ts";
import { usageText } from "../../../src/cli/usage.ts";
import { versionText } from "../../../src/cli/version.ts";

function refused(argv: readonly string[], text: string | null, name: string): { out: string; err: string } {
  let out = "";
  let err = "";
  const code = refuseCommandLine(
    argv,
    text,
    name,
    (part) => (out += part),
    (part) => (err += part),
  );
  expect(code).toBe(1);
  return { out, err };
}

describe("a command line that is refused", () => {
  test("says what is wrong and where help is, in a line each", () => {
    expect(refused(["forward"], "no address\nis there", "fairlead")).toEqual({
      out: "",
      err: "fairlead: no address#0Ais there\n'fairlead help forward' shows what it takes.\n",
    });
    expect(refused(["-z"], "'-z' is unknown", "fairlead").err).toEndWith("\n'fairlead --help' shows what there is.\n");
  });

  test("under the name haproxy gets the usage, whatever was wrong", () => {
    const usage = { out: versionText("haproxy"), err: usageText("haproxy") };
    expect(refused(["-z"], "'-z' is unknown", "haproxy")).toEqual(usage);
    expect(refused([], null, "haproxy")).toEqual(usage);
  });

  test("without a configuration is told of -f, unless nothing was asked", () => {
    expect(refused([], null, "fairlead").err).toBe(usageText("fairlead"));
    expect(refused(["-d"], null, "fairlead").err).toBe(
      `${usageText("fairlead")}fairlead: no configuration is named: -f FILE does so.\n`,
    );
  });
});

test("-cc tells true, false and what it does not understand by exit codes", () => {
  let said = "";
  const line = {
    dropped: 0,
    write: (bytes: Uint8Array) => void (said += new TextDecoder().decode(bytes)),
    flushed: async () => {},
  };
  const terminal = openTerminal(line, line, null);
  expect(evaluateCondition("1", terminal)).toBe(0);
  expect(evaluateCondition("0", terminal)).toBe(1);
  expect(said).toBe("");
  expect(evaluateCondition("nonsense(", terminal)).toBe(2);
  expect(said).toContain("config : ");
});
