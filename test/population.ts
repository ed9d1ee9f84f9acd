/** How many objects there are of each class, once those that nobody holds are gone. */
export function population(...names: string[]): number[] {
  Bun.gc(true);
  const { nodes, nodeClassNames } = Bun.generateHeapSnapshot();
  const counts = names.map(() => 0);
  const classes = names.map((name) => nodeClassNames.indexOf(name));
  // Four numbers a node: its own, its size, its class, flags.
  for (let at = 2; at < nodes.length; at += 4) {
    const which = classes.indexOf(nodes[at] ?? -1);
    if (which >= 0) counts[which] = (counts[which] ?? 0) + 1;
  }
  return counts;
}
