/** A message body: text, or bytes that are not taken for text until a step asks for it. */
export type Body = string | Uint8Array;

/** A header or property value. Scripts may set numbers and booleans; null is a value of its own. */
export type Value =
  string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** What a property holds: as in Java it may be bytes that are no text. */
export type PropertyValue = Value | Uint8Array;

/**
 * The message on its way through a flow, with its properties: Camel's Exchange.
 * Header names ignore case and keep the spelling of whoever set them first; property names are
 * exact.
 */
export interface Exchange {
  body: Body;
  readonly headers: HeaderMap;
  readonly properties: Map<string, PropertyValue>;
  /** By name, in the order they were added. */
  readonly attachments: Map<string, Attachment>;
}

/** A part of the message beside its body. */
export interface Attachment {
  readonly contentType: string;
  readonly body: Body;
  /** MIME headers of the part, other than its type. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What the property `CamelExceptionCaught` holds in an exception subprocess. Scripts see it as the
 * Java exception of that class.
 */
export interface CaughtException {
  /** Java class, such as `org.apache.camel.component.ahc.AhcOperationFailedException`. */
  readonly class: string;
  readonly message: string;
  readonly stacktrace: string;
  /** What a receiver has answered, where that is why the step failed. */
  readonly statusCode?: number;
  readonly statusText?: string;
  readonly responseBody?: string;
}

/** The longest body that a step may make: the largest that a sender channel may ever let in. */
export const MAX_BODY_SIZE = 100 * 1024 * 1024;

export function copyExchange(exchange: Exchange): Exchange {
  return {
    body: exchange.body,
    headers: exchange.headers.copy(),
    properties: new Map(exchange.properties),
    attachments: new Map(exchange.attachments),
  };
}

/** Gives `target` everything that `source` holds, and nothing else. */
export function replaceExchange(target: Exchange, source: Exchange): void {
  if (target === source) return;
  target.body = source.body;
  target.headers.clear();
  for (const [name, value] of source.headers) target.headers.set(name, value);
  target.properties.clear();
  for (const [name, value] of source.properties) target.properties.set(name, value);
  target.attachments.clear();
  for (const [name, value] of source.attachments) target.attachments.set(name, value);
}

interface HeaderEntry {
  readonly name: string;
  readonly value: Value;
}

/** Whether a list or map has come back as it was from a script, which is given copies. */
export function isCopyOf(before: Value | undefined, after: Value | undefined): boolean {
  if (typeof before !== 'object' || before === null) return false;
  return JSON.stringify(before) === JSON.stringify(after);
}

/** Headers by name, case ignored, in the order they were set. */
export class HeaderMap implements Iterable<[name: string, value: Value]> {
  /** Entries are never changed: copies share them. */
  readonly #entries: Map<string, HeaderEntry>;

  constructor(entries?: ReadonlyMap<string, HeaderEntry>) {
    this.#entries = new Map(entries);
  }

  copy(): HeaderMap {
    return new HeaderMap(this.#entries);
  }

  get(name: string): Value | undefined {
    return this.#entries.get(name.toLowerCase())?.value;
  }

  has(name: string): boolean {
    return this.#entries.has(name.toLowerCase());
  }

  set(name: string, value: Value): void {
    const key = name.toLowerCase();
    this.#entries.set(key, { name: this.#entries.get(key)?.name ?? name, value });
  }

  delete(name: string): boolean {
    return this.#entries.delete(name.toLowerCase());
  }

  clear(): void {
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Of all names and values, and `each` for every one; without those that `original` has as well. */
  measure(sizeOf: (value: Value) => number, each: number, original?: HeaderMap): number {
    let size = 0;
    for (const [key, entry] of this.#entries) {
      if (original !== undefined && original.#entries.get(key) === entry) continue;
      size += each + entry.name.length + sizeOf(entry.value);
    }
    return size;
  }

  *[Symbol.iterator](): Iterator<[string, Value]> {
    for (const { name, value } of this.#entries.values()) yield [name, value];
  }
}

export function bodyText(body: Body): string {
  return typeof body === 'string'
    ? body
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

export function bodyBytes(body: Body): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}
