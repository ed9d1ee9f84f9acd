/** A session from the moment that its server is there: what stands in its relay, what rules say of the answer, and how the relay ends. */
import type { RuleEffects, Verdict } from "../../rules/actions/effects.ts";
import { joined } from "../../net/buffers.ts";
import type { Gate } from "../../net/gate.ts";
import type { Connection, Relayed, RelayHandler, Tap } from "../../net/transport.ts";
import type { ServerRefusal, SshFacts } from "../../ssh-facts.ts";
import { countsBytes } from "../../rules/stick/tracking.ts";
import type { Backend } from "../backend/backend.ts";
import { FirstLook, isDenial, type Room } from "./inspect/request-inspection.ts";
import { type Hearer, Hearing } from "./hearing/hearing.ts";
import { noteRefusal } from "./hearing/telling-refusal.ts";
import { HeaderWatch } from "./proxy-header/header-watch.ts";
import { writeHeader } from "./proxy-header/sent-header.ts";
import { ResponseInspection, type ResponseInspector } from "./inspect/response-inspection.ts";
import type { Payload } from "../../rules/context.ts";
import type { Ruleset } from "../../rules/ruleset.ts";
import type { Server } from "../backend/server.ts";
import { EndingSession } from "./ending-session.ts";
import { tell } from "./context/telling.ts";
import type { SshStartup } from "../process/ssh-place.ts";
import { remember } from "../backend/sticking.ts";

/** The second half of a `Session`: `found` → `#forward` → `relayed`, or back to its search where the server turns it down. */
export abstract class RelayingSession
  extends EndingSession
  implements ResponseInspector, Hearer, RelayHandler, RuleEffects
{
  response: Payload | null = null;
  #isRelaying = false;
  #inspection: ResponseInspection | null = null;
  /** Null: its server has spoken, or is not listened to. */
  #hearing: Hearing | null = null;
  /** Who has turned it down last. */
  #leftBy: Server | null = null;
  /** Null where nothing of a PROXY header would show. */
  #headers: HeaderWatch | null = null;
  /** Null where its start-up does not count, or not yet. */
  #startup: SshStartup | null = null;

  protected override stopInspection(): void {
    this.#hearing?.stop();
    this.#inspection?.stop();
    this.#headers?.stop();
    this.#startup?.stop();
  }

  get state(): "rules" | "queued" | "connecting" | "relaying" {
    if (this.#isRelaying) return "relaying";
    return this.search === null ? "rules" : this.search.state;
  }

  doLog(): void {
    tell(this, this.recordToTell(true));
  }

  /** SshSession. */
  serverTold(facts: SshFacts): void {
    (this.target as Server | null)?.heardSsh(facts);
  }

  introduce(connection: Connection): void {
    writeHeader(this, this.target as Server, connection);
  }

  found(connection: Connection): void {
    this.serverConnection = connection;
    const backend = this.at as Backend;
    const server = this.target as Server;
    // From here on the client's bytes are the server's.
    if (this.request instanceof FirstLook) this.request.close();
    this.connectedMs = this.elapsed();
    const isRead = this.#isRead(backend);
    if (!isRead) server.observe(true);
    this.noteServerSide();
    if (this.isForeign) return this.endBoth("P", "R");
    if (connection.tls === undefined) this.introduce(connection);
    const { response } = backend.rules;
    if (response === null && !isRead) this.#stick(backend, server);
    // What has come goes on before the rules have a look, as in HAProxy.
    else if (response !== null) this.client.present?.(this.front.process.inspectBytes);
    this.#forward(connection, response);
  }

  /** Its SSH is read in passing, and its server listened to. */
  #isRead(backend: Backend): boolean {
    return this.front.process.ssh !== null && (this.front.plan.ssh.isRead || backend.plan.ssh.isRead);
  }

  /** Remembers the server, under what its response says as well: after the rules that wait for that. */
  #stick(backend: Backend, server: Server): void {
    const { sticking } = backend.rules;
    if (sticking === null || server.plan.nonStick) return;
    remember(sticking, this.search?.stores ?? [], this, server);
  }

  /** What `tcp-response` rules said of the server's first bytes. */
  answered(verdict: Verdict, gate: Gate): void {
    const connection = this.serverConnection as Connection;
    // It holds what came.
    this.#inspection = null;
    if (!isDenial(verdict) && verdict !== "close") {
      if (this.#hearing === null) this.#letThrough(gate);
      return;
    }
    this.#hearing?.stop();
    this.#hearing = null;
    this.response = null;
    gate.giveBack();
    this.takeBack();
    this.hasServerLines = gate.passedBytes > 0;
    if (verdict === "close") {
      this.client.write(gate.rest);
      connection.reset();
      this.client.close();
      return this.end("-", "-");
    }
    this.countDeniedResponse();
    connection.close();
    if (verdict === "reject") return this.abandon("P", "D");
    this.countUnread();
    this.drop();
    this.end("P", "R");
  }

  /** Nobody has anything against its server's bytes any more. */
  #letThrough(gate: Gate): void {
    this.#stick(this.at as Backend, this.target as Server);
    this.response = null;
    gate.open();
  }

  /** Hearer. */
  get isInspecting(): boolean {
    return this.#inspection !== null;
  }

  /** Hearer. */
  get isClientForeign(): boolean {
    const { ssh } = this;
    return ssh !== null && ssh.foreign === "client" && ssh.client.identification === null;
  }

  /** Hearer. */
  heard(gate: Gate): void {
    this.#hearing = null;
    this.target?.observe(true);
    this.#isServed();
    if (this.#inspection === null) this.#letThrough(gate);
    else this.#inspection.changed();
  }

  /** Hearer. */
  heardMore(): void {
    this.#inspection?.changed();
  }

  /** Hearer: as if there had been no connection. */
  turnedDown(refusal: ServerRefusal, hearing: Hearing): void {
    try {
      this.#turnedDown(refusal, hearing);
    } catch (error) {
      this.fail(error);
    }
  }

  #turnedDown(refusal: ServerRefusal, hearing: Hearing): void {
    const { client, serverConnection } = this;
    hearing.gate.giveBack();
    this.#isRelaying = false;
    this.#inspection?.stop();
    // Once of each server, however often it is tried.
    if (refusal === "closed" && this.target !== this.#leftBy) this.#headers?.serverLeft();
    this.#leftBy = this.target;
    this.#headers?.stop();
    this.#startup?.stop();
    this.#startup = null;
    this.#hearing = this.#inspection = this.#headers = this.response = null;
    this.takeBack();
    // What it has sent is its own again, and no server's.
    const { kept } = hearing;
    this.finalBytesIn -= kept.length;
    this.finalBytesOut -= hearing.gate.rest.length;
    this.sessions.bytesOut.counted += kept.length;
    client.pause();
    client.held = joined(kept, client.held);
    this.request = hearing.request;
    serverConnection?.reset();
    this.forgetServer();
    noteRefusal(this, this.target as Server, refusal);
    this.search?.turnedDown(refusal, !hearing.keepsAll);
  }

  /** Hands both connections to the relay. */
  #forward(connection: Connection, rules: Ruleset | null): void {
    const server = this.target as Server;
    const backend = this.at as Backend;
    this.#isRelaying = true;
    const { transport } = this.front.process;
    const limits = this.front.limitsWith(backend);
    this.client.onLost = null;
    const hearing = this.#isRead(backend) ? new Hearing(this.#room.limitBytes, this, this.request) : null;
    this.#hearing = hearing;
    // Nobody may ask for them any more, and they hold what came.
    this.request = this.response = null;
    const taps = this.#taps(server, hearing);
    const inspection = rules === null ? null : this.#inspectResponse(rules, backend, hearing);
    this.#inspection = inspection;
    const relay = transport.relay(this.client, connection, limits, taps, (hearing ?? inspection)?.gate);
    this.relay = relay;
    if (hearing === null) this.#isServed();
    relay.whenEnded(this);
    hearing?.begin();
    if (this.relay === relay) inspection?.begin();
  }

  /** Its server is there, and wants it. */
  #isServed(): void {
    if (this.front.plan.logAsap && this.front.isLogging) this.tellEarly();
    const isCounted = this.front.plan.contStats || (this.ownTracked !== null && countsBytes(this.ownTracked));
    if (isCounted) this.live ??= this.sessions.liveBytes.add(this);
  }

  #inspectResponse(rules: Ruleset, { plan }: Backend, hearing: Hearing | null): ResponseInspection {
    const run = rules.start(this, this);
    const gate = hearing?.gate ?? null;
    return new ResponseInspection(run, plan.responseInspectDelayMs, this.#room, this, this.reading, gate);
  }

  get #room(): Room {
    const { inspectBytes, bufsizeBytes } = this.front.process;
    return { limitBytes: inspectBytes, bufferBytes: bufsizeBytes };
  }

  /** Whoever looks at the first bytes that are relayed; undefined: nobody. */
  #taps(server: Server, hearing: Hearing | null): Tap[] | undefined {
    const { ssh } = this.front.process;
    const startup = this.search?.startup ?? null;
    this.#startup?.stop();
    // A reload has taken its limit back meanwhile.
    if (hearing === null) startup?.over();
    if (server.plan.proxyHeader === null && hearing === null) return undefined;
    const taps: Tap[] = [(this.#headers = new HeaderWatch(this, server))];
    if (hearing === null || ssh === null) return taps;
    const reading = (this.reading = ssh.read(this));
    taps.push(reading, hearing);
    if (startup !== null) taps.push((this.#startup = ssh.watchStartup(reading, startup.graceMs, () => startup.over())));
    if (this.standing !== null) taps.push(this.standing.watch());
    return taps;
  }

  /** RelayHandler. */
  relayed(relayed: Relayed): void {
    if (this.isOver) return;
    try {
      this.#relayed(relayed);
    } catch (error) {
      this.fail(error);
    }
  }

  #relayed(relayed: Relayed): void {
    this.finalBytesIn += relayed.bytesIn;
    this.finalBytesOut += relayed.bytesOut;
    this.relay = null;
    const isClient = relayed.by === "client";
    if (relayed.by === "server" && relayed.how !== "timeout") this.#headers?.serverLeft();
    if (relayed.fault !== undefined) this.fail(relayed.fault);
    else if (relayed.how === "fin") this.#finished(relayed.by);
    else if (relayed.how === "killed") this.end(this.killedBy ?? "I", this.killedBy === null ? "D" : this.killedIn);
    else if (relayed.how === "timeout") this.end(isClient ? "c" : "s", "D");
    else this.end(isClient ? "C" : "S", "D");
  }

  #finished(by: Relayed["by"]): void {
    if (by !== "proxy") this.finishedFirst = by;
    this.end("-", "-");
  }
}
