/** What is told of TCP_INFO, in which unit and rounded how; the numbers are HAProxy's for the same struct. */
import type { TcpInfo } from "../../../../src/tcp-info.ts";
import { expect, setDefaultTimeout, test } from "bun:test";
import { compileExpression } from "../../../../src/rules/expression.ts";
import { expression, session, tables } from "../session.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const info: TcpInfo = {
  rttUs: 2500,
  rttVarianceUs: 1499,
  unacked: 1,
  sacked: 2,
  lost: 3,
  retransmits: 4,
  fackets: 5,
  reordering: 6,
};

function values(names: readonly string[], context: ReturnType<typeof session>): (number | undefined)[] {
  return names.map((name) => {
    const sample = compileExpression(expression(name), tables([]), "f")(context);
    return sample === undefined || sample === "wait" ? undefined : Number(sample.value);
  });
}

const names =
  "fc_rtt fc_rtt(us) fc_rtt(ms) fc_rttvar fc_rttvar(us) bc_rtt bc_rttvar(us) fc_unacked fc_sacked fc_lost fc_retrans fc_fackets fc_reordering".split(
    " ",
  );

test("times are rounded to milliseconds unless microseconds are asked for; segments are counted", () => {
  const context = session({ clientTcpInfo: () => info, serverTcpInfo: () => ({ ...info, rttUs: 1000 }) });
  expect(values(names, context)).toEqual([3, 2500, 3, 1, 1499, 1, 1499, 1, 2, 3, 4, 5, 6]);
});

test("there is no value where the kernel does not tell, or cannot be asked", () => {
  const none = names.map(() => undefined);
  expect(values(names, session({ clientTcpInfo: () => null, serverTcpInfo: () => null }))).toEqual(none);
  expect(values(names, session())).toEqual(none);
});
