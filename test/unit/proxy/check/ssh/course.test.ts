/** When a server is spoken to: laws over generated servers, traffic and intervals, in a time of their own. */
import { describe, expect, test } from "bun:test";
import { Health } from "../../../../../src/proxy/check/health.ts";
import { SshCheckCourse, type SshStep, type SshTerms } from "../../../../../src/proxy/check/ssh/course.ts";
import { ProbePace, probePaceMs } from "../../../../../src/proxy/time/probe-pace.ts";
import { type Random, seededRandom } from "../../../../property/seed.ts";
import { heard } from "./ssh-scene.ts";

const said = heard("SSH-2.0-OpenSSH_9.2p1");
const fine = { status: "L7OK", code: 0, info: null, durationMs: 1 };
const bad = { status: "L7RSP", code: null, info: null, durationMs: 1 };
const address = { kind: "tcp", host: "10.0.0.1", port: 22 } as const;
const terms: SshTerms = { address, interMs: 1000, isSettled: true, isSeen: false, needsOffer: false };

describe("a server", () => {
  test("is probed before anything is known of it, and then once in five intervals", () => {
    const course = new SshCheckCourse(new ProbePace());
    expect(course.next({ ...terms, isSettled: false }, 0)).toBe("probe");
    course.pace.begin(0);
    course.judged(fine, true, 0);
    const steps = [1000, 2000, 3000, 4000, 5000].map((now) => course.next(terms, now));
    expect(steps).toEqual(["connect", "connect", "connect", "connect", "probe"]);
  });

  test("that clients show to be well is not probed, and each of their words counts once", () => {
    const course = new SshCheckCourse(new ProbePace());
    course.hear({ ...said, identMs: 30 }, 500);
    course.hear({ ...said, identMs: 4 }, 600);
    course.hear({ ...said, identMs: 70 }, 700);
    expect(course.next(terms, 1000)).toBe("heard");
    expect(course.takeHeard(false)).toEqual({ ...said, identMs: 4 });
    expect([course.takeHeard(false), course.next({ ...terms, isSettled: false }, 1001)]).toEqual([null, "probe"]);
  });

  test("has said it too long ago", () => {
    const course = new SshCheckCourse(new ProbePace());
    course.hear(said, 0);
    expect([course.next(terms, 1000), course.next(terms, 1001)]).toEqual(["heard", "probe"]);
  });

  test("has to tell its lists where those are looked at", () => {
    const course = new SshCheckCourse(new ProbePace());
    course.judged(fine, true, 0);
    course.hear(said, 100);
    course.hear({ ...said, offer: null }, 200);
    expect(course.next({ ...terms, needsOffer: true }, 1000)).toBe("heard");
    expect(course.takeHeard(true)).toEqual(said);
    course.hear({ ...said, offer: null }, 1200);
    expect([course.next({ ...terms, needsOffer: true }, 2000), course.next(terms, 2000)]).toEqual(["connect", "heard"]);
  });

  test("that rises or falls is probed as far as the pace allows, and a plain connect comes in between", () => {
    const course = new SshCheckCourse(new ProbePace());
    course.judged(bad, false, 0);
    course.pace.begin(0);
    const steps = [500, 1000, 2000].map((now) => course.next({ ...terms, isSettled: false }, now));
    expect(steps).toEqual(["connect", "connect", "probe"]);
  });

  test("that sessions have brought down is not trusted, whatever it has shown before", () => {
    const course = new SshCheckCourse(new ProbePace());
    course.judged(fine, true, 0);
    expect([course.next(terms, 1000), course.next({ ...terms, isSettled: false }, 1000)]).toEqual(["connect", "probe"]);
  });

  test("that notices plain connects is probed in their place, and left alone until the pace allows it", () => {
    const course = new SshCheckCourse(new ProbePace());
    course.judged(fine, true, 0);
    course.pace.begin(0);
    const steps = [1000, 2000].map((now) => course.next({ ...terms, isSeen: true }, now));
    expect(steps).toEqual(["skip", "probe"]);
  });

  test("that is found somewhere else is another one", () => {
    const course = new SshCheckCourse(new ProbePace());
    course.next(terms, 0);
    course.judged(fine, true, 0);
    course.hear(said, 500);
    expect([course.next({ ...terms, address: { ...address } }, 900), course.shown]).toEqual(["heard", fine]);
    expect([course.next({ ...terms, address: { ...address, port: 23 } }, 900), course.shown]).toEqual(["probe", null]);
  });

  test("that a check has found to be wrong is not trusted, whoever sets it up again", () => {
    const course = new SshCheckCourse(new ProbePace());
    course.judged(fine, true, 0);
    expect(course.next(terms, 1000)).toBe("connect");
    course.judged(bad, false, 1000);
    expect(course.next(terms, 2000)).toBe("probe");
  });
});

/** "wrong": it speaks SSH, but not as expected. */
type Condition = "well" | "dead" | "hung" | "wrong";

interface Setting {
  readonly interMs: number;
  readonly fastInterMs: number;
  readonly downInterMs: number;
  readonly rise: number;
  readonly fall: number;
  readonly isSeen: boolean;
  /** Between two sessions, about; Infinity: none. */
  readonly sessionsMs: number;
  readonly timeoutMs: number;
}

/** One server and its checks, played in a time that only these make pass. */
class Play {
  now = 0;
  readonly probes: number[] = [];
  readonly connections: number[] = [];
  readonly proofs: number[] = [];
  readonly health: Health;
  readonly course = new SshCheckCourse(new ProbePace());
  condition: Condition = "well";
  #nextSession: number;

  constructor(
    private readonly setting: Setting,
    private readonly random: Random,
  ) {
    this.health = new Health(setting.rise, setting.fall);
    this.#nextSession = this.#pause();
  }

  #pause(): number {
    const { sessionsMs } = this.setting;
    return sessionsMs === Infinity ? Infinity : this.now + sessionsMs * 2 * this.random.next();
  }

  get isSettled(): boolean {
    return this.health.isUp && !this.health.isInTransition;
  }

  /** Sessions up to then; those of a server that is down go elsewhere. */
  #goTo(time: number): void {
    while (this.#nextSession <= time) {
      this.now = this.#nextSession;
      if (this.condition === "well" && this.health.isUp) this.course.hear(said, this.now);
      this.#nextSession = this.#pause();
    }
    this.now = time;
  }

  /** One check, and the pause behind it. */
  check(): void {
    const { interMs, isSeen, timeoutMs } = this.setting;
    const { course, health } = this;
    const step = course.next({ ...terms, interMs, isSettled: this.isSettled, isSeen }, this.now);
    this.#take(step, timeoutMs);
    this.#goTo(this.now + health.intervalMs(this.setting));
  }

  #take(step: SshStep, timeoutMs: number): void {
    const { course, condition } = this;
    if (step === "heard" && course.takeHeard(false) !== null) return this.#judge(true);
    if (step === "skip" || step === "heard") return;
    this.connections.push(this.now);
    if (step === "probe") {
      course.pace.begin(this.now);
      this.probes.push(this.now);
    }
    if (condition === "dead") return this.#judge(false);
    if (step === "connect") return void (this.isSettled && this.health.fold(true));
    this.#goTo(this.now + (condition === "hung" ? timeoutMs : 20));
    this.#judge(condition === "well");
  }

  #judge(isProven: boolean): void {
    this.course.judged(isProven ? fine : bad, isProven, this.now);
    if (isProven) this.proofs.push(this.now);
    this.health.fold(isProven);
  }

  until(time: number, isDone: () => boolean = () => false): void {
    while (this.now < time && !isDone()) this.check();
  }
}

const random = seededRandom("SSH checks");
const pick = <Value>(...values: Value[]): Value => random.pick(values);

function someSetting(): Setting {
  const interMs = pick(20, 100, 250, 500, 1000, 2000, 5000, 10_000);
  return {
    interMs,
    fastInterMs: pick(0, Math.ceil(interMs / 4)),
    downInterMs: pick(0, 2 * interMs, 50),
    rise: pick(1, 2, 3),
    fall: pick(1, 2, 3, 5),
    isSeen: pick(false, false, true),
    sessionsMs: pick(Infinity, interMs / 3, interMs * 2, interMs * 8, 700),
    timeoutMs: interMs,
  };
}

function played(setting: Setting): Play {
  const play = new Play(setting, random);
  play.until(setting.interMs * 10 + 30_000 * random.next());
  return play;
}

/** Of each two that follow one another. */
function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, at) => time - (times[at] as number));
}

const rounds = 300;

describe("whatever the traffic and the intervals", () => {
  test("no server is probed twice in two seconds, nor connected to where it would notice", () => {
    for (let round = 0; round < rounds; round++) {
      const setting = someSetting();
      const play = played(setting);
      for (let turn = 0; turn < 4; turn++) {
        play.condition = pick("well", "dead", "hung", "wrong");
        play.until(play.now + 20_000);
      }
      expect(play.probes.length).toBeGreaterThan(0);
      for (const gap of gaps(setting.isSeen ? play.connections : play.probes))
        expect(gap).toBeGreaterThanOrEqual(probePaceMs);
    }
  });

  test("a server that is well stays up, and is proven once in five intervals and a little", () => {
    for (let round = 0; round < rounds; round++) {
      const setting = someSetting();
      const play = played(setting);
      expect(play.isSettled).toBe(true);
      const most = 6 * setting.interMs + probePaceMs + setting.interMs + 100;
      for (const gap of gaps([...play.proofs, play.now])) expect(gap).toBeLessThanOrEqual(most);
    }
  });

  test("a dead one is found within `fall` intervals", () => {
    for (let round = 0; round < rounds; round++) {
      const setting = { ...someSetting(), isSeen: false };
      const play = played(setting);
      const diedAt = play.now - random.next() * setting.interMs;
      play.condition = "dead";
      play.until(diedAt + 1e6, () => !play.health.isUp);
      // The play goes on by whole intervals, the pause behind the last check included. A session of before may speak for it once.
      const checks = setting.fall + 2;
      expect(play.now - diedAt).toBeLessThanOrEqual(checks * setting.interMs + setting.downInterMs + 100);
    }
  });

  test("one that is silent, or not as expected, is found with the next probes, and is not taken for well by connects", () => {
    for (let round = 0; round < rounds; round++) {
      const setting = someSetting();
      const play = played(setting);
      const changedAt = play.now;
      play.condition = pick("hung", "wrong");
      play.until(changedAt + 1e6, () => !play.health.isUp);
      const { interMs, fall, timeoutMs, downInterMs } = setting;
      const first = 8 * interMs + probePaceMs;
      const most = first + fall * (Math.max(interMs, probePaceMs) + interMs + timeoutMs) + downInterMs;
      expect(play.now - changedAt).toBeLessThanOrEqual(most);
      const downAt = play.now;
      play.until(downAt + 30_000);
      expect(play.health.isUp).toBe(false);
      play.condition = "well";
      play.until(play.now + 1e6, () => play.health.isUp);
      expect(play.isSettled).toBe(true);
    }
  });
});
