/** Names of variables: `sess.x`, `txn.x`, `proc.x`, … */

const scopes = new Set(["proc", "sess", "txn", "req", "res", "check"]);

/** What HAProxy says about a name that no variable can have; null for a good one. */
export function variableComplaint(name: string): string | null {
  if (name === "") return "Empty variable name cannot be accepted";
  const dot = name.indexOf(".");
  if (dot === -1 || dot === name.length - 1 || !scopes.has(name.slice(0, dot))) {
    const list = "The scope can be 'proc', 'sess', 'txn', 'req', 'res' or 'check'";
    return `invalid variable name '${name}'. A variable name must be start by its scope. ${list}`;
  }
  const rest = name.slice(dot + 1);
  const wrong = rest.search(/[^A-Za-z0-9_.]/);
  return wrong === -1 ? null : `invalid syntax at char '${rest.slice(wrong)}'`;
}
