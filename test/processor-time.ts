/** What a computation costs, however busy the machine is with others. */

/** Milliseconds of processor time that this process needs for `run`. */
export function processorMs(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
