/** What compressing may take in the whole process, and what it takes. */
import { type CompressionLimits, compressionLimits } from "../../plan/compression.ts";
import { ProcessorUse } from "./processor-use.ts";
import { Rate } from "../time/rate.ts";

/** One per process. */
export class CompressionUse {
  /** As the plan that runs has them. */
  limits: CompressionLimits = compressionLimits;
  /** `maxcomprate`, or what an operator made of it; 0: no limit. */
  bytesPerSecond = 0;
  /** Bytes of bodies: to be compressed, and made of them. */
  readonly input = new Rate();
  readonly output = new Rate();
  /** Memory of all streams that are compressed now, as zlib's manual reckons it. */
  zlibBytes = 0;
  readonly #processor: ProcessorUse;

  constructor(processor = new ProcessorUse()) {
    this.#processor = processor;
  }

  /** Whether another answer may be compressed. `bytes`: what that takes of memory. */
  mayBegin(bytes: number, now: number): boolean {
    const { zlibBytes } = this.limits;
    if (zlibBytes > 0 && this.zlibBytes + bytes > zlibBytes) return false;
    return !(this.bytesPerSecond > 0 && this.input.read(now) > this.bytesPerSecond) && !this.#isBusy(now);
  }

  /** Whether less should be done for those that are being compressed. */
  isPressed(now: number): boolean {
    return (this.bytesPerSecond > 0 && this.output.read(now) > this.bytesPerSecond) || this.#isBusy(now);
  }

  #isBusy(now: number): boolean {
    const { processorPercent } = this.limits;
    return processorPercent < 100 && this.#processor.percent(now) > processorPercent;
  }
}
