import {
  type Attachment,
  type Body,
  copyExchange,
  type Exchange,
  MAX_BODY_SIZE,
  type PropertyValue,
  replaceExchange,
  type Value,
} from './exchange.ts';
import { StepFailure } from './steps/step-failure.ts';

/**
 * Characters or bytes of all that a message holds at the same time: body, headers, properties and
 * attachments, with those of its branches and of the flows that it is handed to.
 */
export const MAX_MESSAGE_SIZE = 256 * 1024 * 1024;

/** What an entry takes beside its name and value. */
const ENTRY_SIZE = 64;

/** What a step can have changed of a message itself. */
export type Changes = 'everything' | 'body' | 'nothing';

/** A message before a step. */
export interface Before {
  readonly body: Body;
  readonly all: Exchange | undefined;
}

/** What a message has taken of {@link MAX_MESSAGE_SIZE}; one for all of its branches. */
export class MessageRoom {
  #taken = 0;

  hasRoomFor(size: number): boolean {
    return this.#taken + size <= MAX_MESSAGE_SIZE;
  }

  add(size: number): void {
    this.#taken += size;
  }
}

/**
 * A message, or a branch's copy of one, and what it has taken of the room. What a copy shares with the
 * message that it is a copy of is in memory once and counts once.
 */
export class HeldMessage {
  readonly exchange: Exchange;
  readonly room: MessageRoom;
  /** Waits unchanged until this one has come to its end. */
  readonly #original: Exchange | undefined;
  #body = 0;
  #entries = 0;
  /** What a step keeps of the branches that have come to their end. */
  #kept = 0;

  constructor(exchange: Exchange, room: MessageRoom, original?: Exchange) {
    this.exchange = exchange;
    this.room = room;
    this.#original = original;
    // What a sender gives beside the body is small, and counted with the first step that adds to it.
    if (original === undefined) this.#set(exchange.body.length, 0);
    else this.recount();
  }

  /** A copy of it that goes its own way. @throws {StepFailure} when there is no room for it. */
  branch(exchange: Exchange): HeldMessage {
    const branch = new HeldMessage(exchange, this.room, this.exchange);
    if (this.room.hasRoomFor(0)) return branch;
    branch.release();
    throw tooLarge();
  }

  /** Counts anew, whatever it has come to. */
  recount(): void {
    this.#set(bodySize(this.exchange, this.#original), entriesSize(this.exchange, this.#original));
  }

  /**
   * What {@link undo} needs. Nothing for a step that only calls a process: it would stay in memory until
   * that is through.
   */
  before(changes: Changes): Before | undefined {
    if (changes === 'nothing') return undefined;
    const { body } = this.exchange;
    return { body, all: changes === 'body' ? undefined : copyExchange(this.exchange) };
  }

  /** Makes the message what it was before a step. */
  undo(before: Before | undefined): void {
    if (before?.all !== undefined) replaceExchange(this.exchange, before.all);
    else if (before !== undefined) this.exchange.body = before.body;
  }

  /**
   * Counts what a step can have changed.
   * @returns what is too large; nothing is counted then.
   */
  count(changes: Changes): string | undefined {
    if (changes === 'nothing') return undefined;
    if (this.exchange.body.length > MAX_BODY_SIZE) return `a body above ${MAX_BODY_SIZE} bytes`;
    const body = bodySize(this.exchange, this.#original);
    const entries = changes === 'body' ? this.#entries : entriesSize(this.exchange, this.#original);
    const grown = body + entries - this.#body - this.#entries;
    if (grown > 0 && !this.room.hasRoomFor(grown)) return `a message that holds ${TOO_LARGE}`;
    this.#set(body, entries);
    return undefined;
  }

  /**
   * Counts what a step keeps of a branch until it is through.
   * @throws {StepFailure} when there is no room for it.
   */
  keep(size: number): void {
    if (!this.room.hasRoomFor(size)) throw tooLarge();
    this.#kept += size;
    this.room.add(size);
  }

  /** The step is through. */
  letGo(): void {
    this.room.add(-this.#kept);
    this.#kept = 0;
  }

  /** The message has come to its end. */
  release(): void {
    this.letGo();
    this.#set(0, 0);
  }

  #set(body: number, entries: number): void {
    this.room.add(body + entries - this.#body - this.#entries);
    this.#body = body;
    this.#entries = entries;
  }
}

/** What a copy holds that the message that it is a copy of does not. */
export function ownSize(exchange: Exchange, original: Exchange): number {
  return bodySize(exchange, original) + entriesSize(exchange, original);
}

const TOO_LARGE = `more than ${MAX_MESSAGE_SIZE} bytes in its body, headers, properties and attachments, with all of its branches`;

function tooLarge(): StepFailure {
  return new StepFailure('too_large', `The message would hold ${TOO_LARGE}.`);
}

function bodySize(exchange: Exchange, original: Exchange | undefined): number {
  if (original === undefined || exchange.body !== original.body) return exchange.body.length;
  // A text that is equal need not be the same one: it is from here on.
  exchange.body = original.body;
  return 0;
}

function entriesSize(exchange: Exchange, original: Exchange | undefined): number {
  let size = exchange.headers.measure(valueSize, ENTRY_SIZE, original?.headers);
  for (const [name, value] of exchange.properties) {
    const same = original?.properties.get(name);
    if (same === value) exchange.properties.set(name, same);
    else size += ENTRY_SIZE + name.length + valueSize(value);
  }
  for (const [name, attachment] of exchange.attachments) {
    if (original?.attachments.get(name) !== attachment) {
      size += ENTRY_SIZE + name.length + attachmentSize(attachment);
    }
  }
  return size;
}

function attachmentSize({ contentType, body, headers }: Attachment): number {
  return body.length + contentType.length + valueSize(headers);
}

/** Values are never changed, so that large ones are counted once. */
const known = new WeakMap<object, number>();

function valueSize(value: PropertyValue): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (value === null || typeof value !== 'object') return 0;
  const counted = known.get(value) ?? nestedSize(value);
  known.set(value, counted);
  return counted;
}

/** Without recursion: a script may nest values deeply. */
function nestedSize(value: Value): number {
  const left: Value[] = [value];
  let size = 0;
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (typeof one === 'string') size += one.length;
    else if (Array.isArray(one)) {
      size += ENTRY_SIZE;
      for (const inner of one as readonly Value[]) left.push(inner);
    } else if (one !== null && typeof one === 'object') {
      for (const [name, inner] of Object.entries(one)) {
        size += ENTRY_SIZE + name.length;
        left.push(inner);
      }
    } else size += 8;
  }
  return size;
}
