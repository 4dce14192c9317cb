/**
 * The ruleset that answers, and which new ones are taken in its place. Within an epoch only a higher revision is taken;
 * another epoch (the server was restored) only as a whole ruleset; a patch only when it starts from exactly the version
 * held. Nothing ever removes what is held: no error, no silence and no age.
 */

import type { Board } from "../../core/src/status.js";
import type { Evaluator, Identity } from "./evaluator.js";

/** Where a ruleset came from. */
export type Origin = "stream" | "poll" | "cache" | "local";

/** What became of it: it answers; it is what is held already, or older; the whole is needed. */
export type Taken = "taken" | "ignored" | "needs whole";

export class Held {
  identity: Identity | undefined;
  /** A stream is delivering frames. */
  streaming = false;
  #polled = false;

  constructor(
    readonly evaluator: Evaluator,
    readonly board: Board,
    /** Called before a ruleset is replaced: the counts of its answers end with it. */
    readonly leaving: () => void,
    /** Called after a ruleset of the server was taken. */
    readonly arrived: () => void,
  ) {}

  /** `epoch:rev` of what is held. */
  get version(): string | null {
    const version = this.identity?.version;
    return version ? `${version.epoch}:${version.rev}` : null;
  }

  /** `project/environment` of what is held. */
  get set(): string | undefined {
    return this.identity && `${this.identity.project}/${this.identity.environment}`;
  }

  /** Takes a whole ruleset, if the version rules allow it. Throws when it cannot be read. */
  put(text: string, origin: Origin): Taken {
    // The answer to a question asked before the stream came back; it might even be of an epoch that has ended.
    if (origin === "poll" && this.streaming) return "ignored";
    const offered = this.evaluator.read(text);
    if (origin === "stream") this.#delivers();
    const now = this.identity;
    const same = now?.project === offered.project && now.environment === offered.environment;
    if (now && same && now.version.epoch === offered.version.epoch && now.version.rev >= offered.version.rev) {
      this.evaluator.leave();
      this.#fresh(origin);
      return "ignored";
    }
    this.leaving();
    this.evaluator.take(offered.version);
    this.identity = offered;
    this.#published(origin);
    return "taken";
  }

  /** Takes a patch, if it starts from what is held. Throws when it cannot be read. */
  patch(text: string): Taken {
    const { from, to } = this.evaluator.readPatch(text);
    const now = this.identity;
    if (!now) return "needs whole";
    const { epoch, rev } = now.version;
    if (from.epoch !== epoch || from.rev !== rev)
      return to.epoch === epoch && to.rev <= rev ? "ignored" : "needs whole";
    if (to.epoch !== epoch || to.rev <= rev) return "needs whole";
    this.leaving();
    if (!this.evaluator.apply(to)) return "needs whole";
    this.identity = { ...now, version: to };
    this.#published("stream");
    return "taken";
  }

  /** The stream delivered its first frame. */
  streamBegan(): void {
    this.#delivers();
    if (this.identity) this.#fresh("stream");
  }

  /** The stream ended in good order and will be opened again. */
  streamLeft(): void {
    this.streaming = false;
  }

  /** The stream broke or could not be opened. */
  streamFailed(message: string, refused: boolean): void {
    this.streaming = false;
    this.#failed(message, refused, this.#polled);
  }

  /** A poll confirmed that what is held is current. */
  pollSucceeded(): void {
    this.#polled = true;
    if (this.identity) this.#fresh("poll");
  }

  pollFailed(message: string, refused: boolean): void {
    this.#polled = false;
    if (!this.streaming) this.#failed(message, refused, false);
  }

  #delivers(): void {
    this.streaming = true;
    this.#polled = false;
  }

  #published(origin: Origin): void {
    if (origin === "cache") {
      this.board.update({ version: this.version, state: "STALE" });
      return;
    }
    this.#fresh(origin);
    if (origin !== "local") this.arrived();
  }

  /** What is held is what the server has. */
  #fresh(origin: Origin): void {
    if (origin === "cache") return;
    const success = { error: null, failures: 0 };
    this.board.update({ version: this.version, state: "READY", ...(origin === "poll" ? {} : success) });
  }

  #failed(message: string, refused: boolean, stillFresh: boolean): void {
    const { failures, state } = this.board.now;
    const worse = refused ? "ERROR" : this.identity ? "STALE" : "NOT_READY";
    this.board.update({ failures: failures + 1, error: message, state: stillFresh ? state : worse });
  }
}
