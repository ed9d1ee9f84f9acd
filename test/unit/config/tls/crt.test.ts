/** What `crt` stands for: one certificate, a bundle, a folder. */
import { expect, test } from "bun:test";
import { certificate, client, leaf, leafKey } from "../pem-files.ts";
import { planOf, saidOf } from "../reading.ts";

const front = (options: string): string => `frontend f\n bind 127.0.0.1:5 ssl ${options}\n`;
const other = leaf + leafKey;

/** The names of a listener's certificates, in their order. */
function entries(options: string, files: Record<string, string>, global = ""): readonly string[] {
  const [bind] = planOf(global + front(options), files).frontends[0]?.binds ?? [];
  return bind?.tls?.entries.map((entry) => entry.certificate) ?? [];
}

test("certificates come in the order of their line, and each file is kept once", () => {
  const files = { a: client, b: other };
  expect(entries("crt b crt a crt b", files)).toEqual(["b", "a", "b"]);
  expect(planOf(front("crt b crt a crt b"), files).tls.certificates.map(({ name }) => name)).toEqual(["b", "a"]);
});

test("a folder's come by their names, without hidden ones and companions", () => {
  const files = {
    "d/b": client,
    "d/A": other,
    "d/.x": "junk",
    "d/a.key": "junk",
    "d/a.ocsp": "junk",
    "d/a.issuer": "",
    "d/e/f": "",
  };
  for (const folder of ["d", "d/", "d//"]) expect(entries(`crt ${folder}`, files)).toEqual(["d/A", "d/b"]);
  const { lists } = planOf(front("crt d"), files).tls;
  expect(lists.map(({ name, isFolder, entries: all }) => [name, isFolder, all.length])).toEqual([["d", true, 2]]);
  expect(saidOf(front("crt d"), { ...files, "d/z": "junk" })[0]).toEndWith(
    "unable to load certificate from file 'd/z'.",
  );
});

test("a name without a file may be that of a bundle", () => {
  const files = { "x.ecdsa": client, "x.rsa": other };
  expect(entries("crt x", files)).toEqual(["x.ecdsa", "x.rsa"]);
  expect(entries("crt x", { ...files, x: client })).toEqual(["x"]);
  expect(saidOf(`global\n ssl-load-extra-files key\n${front("crt x")}`, files)[0]).toEndWith(
    "unable to stat SSL certificate from file 'x' : No such file or directory.",
  );
});

test("crt-base stands before relative names, and default-crt before all others", () => {
  const files = { "/e/a": client, "/b": other, "/e/c": `${certificate}${client}` };
  const base = "global\n crt-base /e\n";
  expect(entries("crt a crt /b", files, base)).toEqual(["/e/a", "/b"]);
  expect(entries("crt a default-crt c default-crt /b", files, base)).toEqual(["/e/c", "/b", "/e/a"]);
});
