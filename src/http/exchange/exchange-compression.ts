/** What becomes of an answer that its client wants compressed. */
import type { CompressionAlgorithm, CompressionPlan } from "../../plan/compression.ts";
import type { Head } from "../../wire/http/head.ts";
import { acceptedAlgorithm, describeCompressed, isCompressible } from "../compression/choice.ts";
import { Compression } from "../compression/compression.ts";
import { isDeflaterThere } from "../compression/deflater.ts";
import { EndingExchange } from "./exchange-end.ts";

/** An exchange as far as its answer may be compressed. */
export abstract class CompressingExchange extends EndingExchange {
  /** What the client takes of what is offered. */
  #algorithm: CompressionAlgorithm | null = null;

  /** What the answer is compressed by; null: it is not. */
  get compressedBy(): string | null {
    return this.compression?.algorithm ?? null;
  }

  /** Reads what the client accepts, when rules have had the request, and keeps that from servers where it is asked for. */
  protected readAccepted({ fields }: Head): void {
    const back = this.#backCompression;
    const front = this.plan.compression;
    if (back === null && front === null) return;
    const algorithms = either(back?.algorithms, front?.algorithms);
    this.#algorithm = acceptedAlgorithm(fields, algorithms);
    if (this.#algorithm === null) this.#algorithm = algorithms.includes("identity") ? "identity" : null;
    else if (back?.offload === true || front?.offload === true) fields.remove("accept-encoding");
  }

  /** Decides whether an answer with a body that has an end of its own is compressed: before rules change it, as in HAProxy. */
  protected beginCompression({ fields, status, version }: Head, isServed: boolean): void {
    const algorithm = this.#algorithm;
    if (algorithm === null || status < 200 || status > 203) return;
    if (version !== 11 || this.version !== "HTTP/1.1" || this.method === "HEAD") return;
    if (!isCompressible(fields, either(this.#backCompression?.types, this.plan.compression?.types))) return;
    const { front: frontend, at } = this;
    if (algorithm !== "identity" && !isDeflaterThere()) {
      return frontend.process.noticeOnce("answers are not compressed: the runtime's zlib has no synchronous writes");
    }
    const counters = [frontend.counters.http.compression];
    if (at !== null && isServed) counters.push(at.counters.http.compression);
    this.compression = Compression.begin(algorithm, frontend.process.compression, counters);
  }

  /** Says so in the head, once rules are through with it. `hasBody`: they have not made it an answer without one. */
  protected tellCompression(head: Head, hasBody: boolean): void {
    const { compression } = this;
    if (compression === null) return;
    // A rule knows of another coding.
    if (hasBody && !head.fields.has("content-encoding")) return describeCompressed(head, compression.algorithm);
    this.endCompression();
  }

  get #backCompression(): CompressionPlan | null {
    return this.at?.plan.http?.compression ?? null;
  }
}

/** A backend's list comes first, where it has one. */
function either<Item>(back: readonly Item[] | undefined, front: readonly Item[] | undefined): readonly Item[] {
  return back !== undefined && back.length > 0 ? back : (front ?? []);
}
