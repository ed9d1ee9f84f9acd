/** Sample expressions as data, and what is refused of them. */
import { describe, expect, test } from "bun:test";
import { parseExpression } from "../../../../src/config/expressions/expression.ts";
import { Complaint } from "../../../../src/config/text/complaint.ts";
import { line, scopeOf } from "../reading.ts";

const parseSample = (text: string, scope = scopeOf("backend")): unknown =>
  parseExpression({ statement: line(text), index: 0 }, scope, { site: null, where: null });

describe("expressions", () => {
  test("converters may stand as words of their own", () => {
    expect(parseSample("src ipmask(24) lower,length if")).toEqual({
      fetch: "src",
      arguments: [],
      converters: [
        { name: "ipmask", arguments: ["24"] },
        { name: "lower", arguments: [] },
        { name: "length", arguments: [] },
      ],
      text: "src ipmask(24) lower,length",
    });
  });

  test("names left out become the proxy's own and are noted", () => {
    const scope = scopeOf("backend");
    expect(parseSample("src_conn_cnt", scope)).toMatchObject({ arguments: ["p"] });
    expect(parseSample("nbsrv(other)", scope)).toMatchObject({ arguments: ["other"] });
    expect(parseSample("srv_is_up(s1)", scope)).toMatchObject({ arguments: ["p/s1"] });
    expect(parseSample("sc0_conn_rate", scope)).toMatchObject({ arguments: [] });
    expect(scope.references.map(({ kind, name }) => [kind, name])).toEqual([
      ["table", null],
      ["backend", "other"],
      ["server", "s1"],
    ]);
  });

  test("numbers, variables and map files are values", () => {
    const scope = scopeOf("backend", { "/m": "# c\n a 1 \n\nb 2\n" });
    expect(parseSample("int(-5),add(sess.x),mul(3)", scope)).toMatchObject({
      arguments: [-5],
      converters: [{ arguments: ["sess.x"] }, { arguments: [3] }],
    });
    const mapped = parseSample("src,map_beg(/m,none)", scope);
    const [list] = scope.patternLists.numbered();
    expect(list?.entries.map(({ key, value }) => [key, value])).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(mapped).toMatchObject({
      converters: [{ arguments: [{ file: "/m", entries: list?.entries }, "none"] }],
    });
  });

  test.each(["ssl_fc_session_key", "res.cache_hit", "str(a),jwt_verify(a,b)", "fcgi.index"])(
    "refused by name: %s",
    (text) => {
      expect(() => parseSample(text)).toThrow("is not supported");
    },
  );

  test("the nearest name is advised", () => {
    let caught: unknown = null;
    try {
      parseSample("src_prot");
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(Complaint);
    const { advice, word } = caught as Complaint;
    expect([advice, word?.text, word?.column]).toEqual(["Did you mean 'src_port'?", "src_prot", 1]);
  });
});
