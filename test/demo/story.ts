/** How the demo talks: numbered steps, commands, and what they answered. Calm without colours, calmer with. */

const isColoured = process.stdout.isTTY === true && !process.env["NO_COLOR"];
let steps = 0;

function paint(code: number, text: string): string {
  return isColoured ? `\u001b[${code}m${text}\u001b[0m` : text;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A heading with the next number. */
export function step(title: string): void {
  say(`\n${paint(1, `${++steps}. ${title}`)}`);
}

/** A command that anyone could type. */
export function command(text: string): void {
  say(`   ${paint(36, `$ ${text}`)}`);
}

/** What something printed, set apart. */
export function shown(text: string): void {
  for (const line of text.trimEnd().split("\n")) say(`   ${paint(2, "|")} ${line}`);
}

/** A remark. */
export function note(text: string): void {
  say(`   ${text}`);
}
