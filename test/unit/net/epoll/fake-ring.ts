/** A ring that makes no calls: it remembers what it was asked for, and answers as it is told. */
import type { CallRing } from "../../../../src/net/libc/call-ring.ts";

export class FakeRing implements CallRing {
  doesAll = true;
  accepts = true;
  /** Looks at no more of a submission. */
  most = Infinity;
  /** What came of a call, by its text; left out: 0. */
  answer: (call: string) => number = () => 0;
  #taken: string[] = [];
  #results: number[] = [];

  constructor(readonly log: string[]) {}

  #take(call: string): number {
    return this.#taken.push(call) - 1;
  }
  send(fd: number, _address: number, length: number, endFollows: boolean): number {
    return this.#take(`send ${fd} ${length}${endFollows ? " end" : ""}`);
  }
  receive(fd: number, address: number, length: number): number {
    return this.#take(`receive ${fd} ${address} ${length}`);
  }
  socket(family: number): number {
    return this.#take(`socket ${family}`);
  }
  setOption(fd: number, level: number, option: number, value: number): number {
    return this.#take(`option ${fd} ${level} ${option} ${value}`);
  }
  accept(fd: number): number {
    return this.#take(`accept ${fd}`);
  }
  acceptedAddress(which: number): { kind: "tcp"; host: string; port: number } {
    return { kind: "tcp", host: "192.0.2.1", port: which };
  }
  watch(_epoll: number, fd: number): number {
    return this.#take(`watch ${fd}`);
  }
  closeOne(fd: number): number {
    return this.#take(`close ${fd}`);
  }
  submit(): number {
    const seen = this.#taken.slice(0, this.most);
    this.log.push(`ring: ${this.#taken.join(", ")}`);
    this.#results = seen.map((call) => this.answer(call));
    this.#taken = [];
    return seen.length;
  }
  result(which: number): number {
    if (which >= this.#results.length) throw new Error(`${which} was not looked at`);
    return this.#results[which] as number;
  }
  close(): void {}
}
