/** Who sets a server's state and who may lift it: operators, agents and checks in sequences drawn at random, state by state as HAProxy has it. */
import type { Socket } from "node:net";
import { seededRandom } from "../../property/seed.ts";
import type { Case, Stage } from "../case.ts";

const random = seededRandom("standing");
const [serverCount, stepCount] = [32, 8];

/** Each server has one of these; an agent answers what it is sent, up to the point. */
const kinds = [
  "check inter 3600s",
  "agent-check agent-port <a:port> agent-inter 60ms agent-send NAME_0_up.",
  "check inter 3600s agent-check agent-port <a:port> agent-inter 60ms agent-send NAME_0_up.",
  "",
];

const operatorWords = [
  "set server SERVER state ready",
  "set server SERVER state drain",
  "set server SERVER state maint",
  "set server SERVER health up",
  "set server SERVER health stopping",
  "set server SERVER health down",
  "set server SERVER agent up",
  "set server SERVER agent down",
  "disable server SERVER",
  "enable server SERVER",
];

const agentWords = [
  "up",
  "down",
  "stopped",
  "fail",
  "ready",
  "drain",
  "maint",
  "up+ready",
  "down+drain",
  "up+drain",
  "ready+down",
  "maint+up",
  "50%",
  "drain+100%",
  "nonsense",
];

interface Actor {
  readonly name: string;
  readonly kind: string;
  readonly hasAgent: boolean;
  /** What happens to it, step by step: a command, or a word of its agent's. */
  readonly steps: readonly string[];
}

const actors: readonly Actor[] = Array.from({ length: serverCount }, (_, at) => {
  const kind = kinds[at % kinds.length] as string;
  const hasAgent = kind.includes("agent-check");
  const name = `s${at + 1}`;
  const steps = Array.from({ length: stepCount }, () =>
    hasAgent && random.next() < 0.5
      ? random.pick(agentWords)
      : random.pick(operatorWords).replace("SERVER", `b/${name}`),
  );
  return { name, kind: kind.replace("NAME", name), hasAgent, steps };
});

/** An agent that is told what to answer: `s1_2_up+ready.` */
function echoWord(socket: Socket): void {
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    const word = /^[^_]*_[^_]*_(.*)\.$/.exec(text)?.[1];
    if (word !== undefined) socket.end(`${word.replaceAll("+", " ")}\n`);
  });
}

/** Once it has been asked for the second time, the first answer has been acted upon. */
async function heard(stage: Stage, said: string): Promise<void> {
  await stage.until(`the agent's ${said}`, () => {
    return stage.record("a").filter((line) => line.includes(`"${said}"`)).length >= 2;
  });
}

/** One step of everybody: what operators say, then what agents are to say, until it has been heard. */
async function step(stage: Stage, at: number): Promise<void> {
  const commands = actors.map(({ steps }) => steps[at] as string).filter(isCommand);
  await stage.command(commands.join("; "));
  const asked = actors.filter(({ hasAgent }) => hasAgent);
  const said = asked.map((actor) => `${actor.name}_${at + 1}_${wordOf(actor, at)}.`);
  await stage.command(asked.map(({ name }, index) => `set server b/${name} agent-send ${said[index]}`).join("; "));
  for (const one of said) await heard(stage, one);
}

function isCommand(action: string): boolean {
  return action.includes(" ");
}

/** What its agent says by now. */
function wordOf({ steps }: Actor, at: number): string {
  return steps.slice(0, at + 1).findLast((one) => !isCommand(one)) ?? "up";
}

const trackServers = ["b/p", "b/q", "b/r", "b/s", "b/t", "b/u", "b/v", "c/w", "c/z", "b/p", "b/q"];
const trackSteps = Array.from({ length: 40 }, () =>
  random.pick(operatorWords.filter((word) => !word.includes("agent"))).replace("SERVER", random.pick(trackServers)),
);

export const standingCases: readonly Case[] = [
  {
    name: "operators, agents and checks set a server's state and lift it",
    configuration: `global
    nbthread 1
    log <log> local0
    stats socket <admin> level admin
    max-spread-checks 100ms
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
listen f
    bind <f>
    server s <s>
backend b
    timeout check 5s
${actors.map(({ name, kind }) => `    server ${name} <s> ${kind}\n`).join("")}`,
    servers: { s: "leave", a: echoWord },
    chance: ["servers", "logs"],
    logs: 0,
    async traffic(stage) {
      for (const { name, hasAgent } of actors) if (hasAgent) await heard(stage, `${name}_0_up.`);
      for (let at = 0; at < stepCount; at++) {
        await step(stage, at);
        const states = (await stage.command("show servers state b")).split("\n").map((line) => line.split(" "));
        const rows = (await stage.command("show stat b 4 -1")).split("\n").map((line) => line.split(","));
        for (const { name, kind, steps } of actors) {
          const [, , , , , operational, admin, weight] = states.find((row) => row[3] === name) ?? [];
          const status = rows.find((row) => row[1] === name)?.[17];
          const past = steps.slice(0, at + 1).join(", ");
          stage.note(
            `${name} (${kind.replaceAll(/ agent-.*/g, " agent")}) after ${past}: ${status} ${operational} ${admin} ${weight}`,
          );
        }
      }
    },
  },
  {
    name: "servers that track others, across backends and in chains, with disabled and backup ones among them",
    configuration: `listen f
    bind <f>
    server s <s>
backend b
    server p <s> check inter 3600s weight 10
    server q <s> disabled weight 3 check inter 3600s
    server r <s> backup
    server s <s> track p
    server t <s> track b/p disabled
    server u <s> track q backup
    server v <s> disabled backup
backend c
    server w <s> track b/s
    server z <s> track c/w weight 0
`,
    servers: { s: "leave" },
    chance: ["servers", "logs"],
    logs: 0,
    async traffic(stage) {
      await stage.status("b/p", "UP");
      await stage.until("it was checked", async () => (await stage.command("show stat b 4 -1")).includes("L4OK"));
      for (const command of trackSteps) {
        stage.note(`${command}: ${(await stage.command(command)).trim()}`);
        for (const backend of ["b", "c"]) {
          const states = (await stage.command(`show servers state ${backend}`))
            .split("\n")
            .map((line) => line.split(" "));
          const rows = (await stage.command(`show stat ${backend} 4 -1`)).split("\n").map((line) => line.split(","));
          for (const [, , , name, , operational, admin] of states) {
            const row = rows.find((one) => one[1] === name);
            if (row !== undefined) stage.note(`${name}: ${row[17]} ${row[19]} ${row[20]} ${operational} ${admin}`);
          }
        }
      }
    },
  },
  {
    name: "what a state file says: where servers are checked, and how far they are from turning",
    configuration: `global
    log <log> local0
    stats socket <admin> level admin
    server-state-file <dir>/states
listen f
    bind <f>
    server s <s>
backend b
    load-server-state-from-file global
    server first <s> check inter 3600s
    server up <s> check inter 3600s rise 3 fall 4
    server down <s> check inter 3600s rise 3 fall 4
    server follows <s> track down
    server moved <s> check inter 3600s agent-check agent-port <s:port> agent-inter 3600s
`,
    files: {
      states: `1
# be_id be_name srv_id srv_name srv_addr
3 b 2 up 127.0.0.1 2 0 1 1 9 1 0 4 6 0 0 0 - 1 - 0 0 - - 0
3 b 3 down 127.0.0.1 0 0 1 1 9 1 0 0 6 0 0 0 - 1 - 0 0 - - 0
3 b 4 follows 127.0.0.1 0 0 1 1 9 1 0 0 0 0 0 0 - 1 - 0 0 - - 0
3 b 5 moved 127.0.0.1 2 0 1 1 9 1 0 3 6 22 0 0 - 1 - 0 99 127.0.0.5 127.0.0.6 98
`,
    },
    servers: { s: "leave" },
    chance: ["servers", "logs"],
    logs: 0,
    async traffic(stage) {
      const rows = async (): Promise<string[][]> =>
        (await stage.command("show servers state b"))
          .split("\n")
          .slice(2)
          .map((line) => line.split(" "));
      const row = async (name: string): Promise<string[]> => (await rows()).find((one) => one[3] === name) ?? [];
      // The others' turn to be checked comes much later.
      await stage.until("the first was checked", async () => (await row("first"))[11] === "3");
      for (const name of ["up", "down", "moved"]) {
        const fields = await row(name);
        stage.note([name, fields[5], fields[12], ...fields.slice(21, 24)].join(" "));
      }
      await stage.command("set server b/up check-addr 127.0.0.7; set server b/up check-port 77");
      await stage.command("set server b/moved agent-addr 127.0.0.8");
      stage.note((await row("up")).slice(21).join(" "));
      stage.note((await row("moved")).slice(21, 24).join(" "));
      const follows = (await stage.command("show stat b 4 -1")).split("\n").find((one) => one.startsWith("b,follows"));
      stage.note(`follows: ${follows?.split(",")[17]}`);
    },
  },
];
