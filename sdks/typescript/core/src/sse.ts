/** Server-sent events, parsed by hand (WHATWG HTML §9.2.6): bytes in, events out, nothing kept beyond a limit. */

export interface ServerEvent {
  /** Empty means `message`. */
  name: string;
  data: string;
}

/** State between chunks. */
export class EventParser {
  readonly #limit: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** Parts of the line at hand. */
  #line: string[] = [];
  #size = 0;
  #name = "";
  #data: string[] = [];
  #afterReturn = false;

  /** `limit`: the most that one event may take. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Feeds a chunk, cut anywhere. Gives the events that it completes, then throws if it cannot be read on. */
  *push(chunk: Uint8Array): Iterable<ServerEvent> {
    // A byte order mark at the beginning is dropped by the decoder.
    let text = this.#decoder.decode(chunk, { stream: true });
    if (this.#afterReturn && text.startsWith("\n")) text = text.slice(1);
    if (text !== "") this.#afterReturn = text.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      this.#keep(line);
      const whole = this.#line.join("");
      this.#line = [];
      const event = this.#read(whole);
      if (event) yield event;
    }
    this.#keep(rest);
  }

  #keep(part: string): void {
    this.#size += part.length;
    if (this.#size > this.#limit) throw new Error(`an event is larger than ${this.#limit} bytes`);
    if (part !== "") this.#line.push(part);
  }

  #read(line: string): ServerEvent | undefined {
    if (line === "") {
      const event = { name: this.#name, data: this.#data.join("\n") };
      const has = this.#data.length > 0;
      this.#name = "";
      this.#data = [];
      this.#size = 0;
      return has ? event : undefined;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    // Comments, `retry`, `id` and fields of the future. What to resume from is the version held, which is right even when a
    // frame was refused.
    else this.#size -= line.length;
    return undefined;
  }
}
