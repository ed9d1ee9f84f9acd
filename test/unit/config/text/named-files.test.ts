/** Where the relative paths begin that lines of a configuration name: `default-path`, as HAProxy 2.6 was seen to take it. */
import { expect, test } from "bun:test";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";
import { readConfiguration } from "../../../../src/config/text/read.ts";
import { plan } from "../../../../src/config/finish/plan.ts";
import { testContext } from "../../../cases/case.ts";

const rest = "defaults\n timeout client 1s\nfrontend f\n bind :1\n acl a src -f x.lst\n acl b src -f /abs.lst\n";

/** The paths that are opened when files with these texts are read, by name. */
function opened(files: readonly (readonly [name: string, text: string])[]): string[] {
  const paths: string[] = [];
  const diagnostics = new Diagnostics();
  const readFile = (path: string): string => (paths.push(path), "127.0.0.1\n");
  const context = { ...testContext(), readFile };
  const sections = readConfiguration(
    files.map(([name, text]) => ({ name, text })),
    context.environment,
    diagnostics,
  );
  plan(sections, diagnostics, context);
  expect(diagnostics.refused).toBe(false);
  return paths.filter((path) => path.endsWith(".lst"));
}

const global = (path: string): string => `global\n default-path ${path}\n${rest}`;

test("relative paths begin in the working directory, or where default-path says", () => {
  expect(opened([["etc/a.cfg", rest]])).toEqual(["x.lst", "/abs.lst"]);
  expect(opened([["etc/a.cfg", global("current")]])).toEqual(["x.lst", "/abs.lst"]);
  expect(opened([["etc/a.cfg", global("config")]])).toEqual(["etc/x.lst", "/abs.lst"]);
  expect(opened([["a.cfg", global("config")]])).toEqual(["./x.lst", "/abs.lst"]);
  expect(opened([["etc/conf.d/a.cfg", global("parent")]])).toEqual(["etc/conf.d/../x.lst", "/abs.lst"]);
  expect(opened([["etc/a.cfg", global("origin /")]])).toEqual(["//x.lst", "/abs.lst"]);
});

test("each file has a place of its own, and a later default-path counts from where it stands", () => {
  const second = "global\n default-path current\nfrontend g\n bind :2\n acl a src -f y.lst\n";
  expect(
    opened([
      ["one/a.cfg", global("config")],
      ["two/b.cfg", "frontend h\n bind :3\n acl a src -f z.lst\n"],
      ["two/c.cfg", second],
    ]),
  ).toEqual(["one/x.lst", "/abs.lst", "two/z.lst", "y.lst"]);
});
