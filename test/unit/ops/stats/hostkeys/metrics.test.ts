/** Metrics of host keys, and nothing where nobody looks at any. */
import { expect, test } from "bun:test";
import { metricsRows } from "../../../../../src/ops/stats/metrics.ts";
import { metricsSource } from "../../scripted-proxy.ts";
import { hostKeys } from "./host-keys.ts";

function page(isWatching: boolean): string[] {
  const source = metricsSource();
  const rows = metricsRows({ ...source, info: { ...source.info, hostKeys: { ...hostKeys, isWatching } } });
  return [...rows]
    .join("")
    .split("\n")
    .filter((line) => line.includes("hostkey"));
}

test("each has its samples together behind its head", () => {
  expect(page(true).filter((line) => !line.startsWith("# HELP"))).toEqual([
    "# TYPE fairlead_ssh_hostkeys_differ gauge",
    'fairlead_ssh_hostkeys_differ{proxy="git"} 1',
    'fairlead_ssh_hostkeys_differ{proxy="quiet"} 0',
    "# TYPE fairlead_ssh_hostkey_info gauge",
    'fairlead_ssh_hostkey_info{proxy="git",server="one",key="ssh-ed25519",fingerprint="SHA256:a"} 1',
    'fairlead_ssh_hostkey_info{proxy="quiet",server="one",key="ssh-ed25519",fingerprint="SHA256:a"} 1',
    "# TYPE fairlead_ssh_hostkey_changes_total counter",
    'fairlead_ssh_hostkey_changes_total{proxy="git",server="one"} 0',
    'fairlead_ssh_hostkey_changes_total{proxy="git",server="two"} 1',
    'fairlead_ssh_hostkey_changes_total{proxy="git",server="three"} 0',
    'fairlead_ssh_hostkey_changes_total{proxy="quiet",server="one"} 0',
    "# TYPE fairlead_ssh_hostkey_refused gauge",
    'fairlead_ssh_hostkey_refused{proxy="git",server="one"} 0',
    'fairlead_ssh_hostkey_refused{proxy="git",server="two"} 1',
    'fairlead_ssh_hostkey_refused{proxy="git",server="three"} 0',
    "# TYPE fairlead_ssh_hostkey_looks_total counter",
    'fairlead_ssh_hostkey_looks_total{result="whole"} 5',
    'fairlead_ssh_hostkey_looks_total{result="failed"} 2',
  ]);
});

test("nothing where nobody looks", () => expect(page(false)).toEqual([]));
