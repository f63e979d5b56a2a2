import { createHash, createHmac } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { Body } from '../../exchange.ts';
import { formatDate, parseDatePattern } from '../../expressions/date-format.ts';
import { decodeAs, encodeAs, fromForm, toForm } from './charsets.ts';
import { type Part, partOf } from './parts.ts';
import { GuestAborted, type Pointer, type QuickJsMachine } from './quickjs.ts';
import { isTime, zoneOffset, zoneOf } from './zones.ts';

/** What a run reaches outside its worker. */
export interface Outside {
  /** Asks the services; undefined where the run has to end. */
  ask(request: string): string | undefined;
  /** Waits; false where the run has to end before. */
  sleep(ms: number): boolean;
}

/**
 * What the guest's own code asks of the host, by name: pure functions, what the run was given, and what
 * lies {@link Outside}. Scripts cannot call it; what they could make the guest's code ask with is
 * checked here all the same.
 */
export class HostFunctions {
  /** Of the run that goes on, and behind them its properties that are bytes. */
  attachments: readonly Body[] = [];
  readonly #machine: QuickJsMachine;
  readonly #bytecodeOf: (part: Part) => Uint8Array;
  readonly #outside: Outside;

  constructor(machine: QuickJsMachine, bytecodeOf: (part: Part) => Uint8Array, outside: Outside) {
    this.#machine = machine;
    this.#bytecodeOf = bytecodeOf;
    this.#outside = outside;
  }

  /** A {@link HostCall} */
  call(name: string, values: readonly Pointer[]): Pointer | undefined {
    const machine = this.#machine;
    const text = (index: number): string => machine.readText(values[index] ?? 0);
    const number = (index: number): number => machine.readNumber(values[index] ?? 0);
    const bytes = (index: number): Uint8Array => machine.readBytes(values[index] ?? 0);
    switch (name) {
      case 'part': {
        const part = partOf(text(0));
        return part && machine.valueOf(this.#bytecodeOf(part));
      }
      case 'ask': {
        const answer = this.#outside.ask(text(0));
        if (answer === undefined) throw new GuestAborted(false);
        return machine.newText(answer);
      }
      case 'attachment': {
        const body = this.attachments[number(0)];
        return body === undefined ? undefined : this.newBody(body);
      }
      case 'bytes': {
        const body = this.attachments[number(0)];
        return body instanceof Uint8Array ? machine.newBytes(body) : undefined;
      }
      case 'decode': {
        const decoded = decodeAs(bytes(0), text(1));
        return decoded === undefined ? undefined : machine.newText(decoded);
      }
      case 'toBase64': {
        const { buffer, byteOffset, length } = bytes(0);
        const encoding = text(1) === 'base64url' ? 'base64url' : 'base64';
        return machine.newText(Buffer.from(buffer, byteOffset, length).toString(encoding));
      }
      case 'toHex': {
        const { buffer, byteOffset, length } = bytes(0);
        return machine.newText(Buffer.from(buffer, byteOffset, length).toString('hex'));
      }
      case 'fromBase64':
        return machine.newBytes(Buffer.from(text(0), 'base64'));
      case 'encode': {
        const encoded = encodeAs(text(0), text(1));
        return encoded && machine.newBytes(encoded);
      }
      case 'toForm':
        return machine.newTextOf(toForm(bytes(0)));
      case 'fromForm': {
        const decoded = fromForm(text(0), text(1));
        return decoded === undefined ? undefined : machine.newText(decoded);
      }
      case 'digest':
        return machine.newBytes(createHash(text(0)).update(bytes(1)).digest());
      case 'hmac':
        return machine.newBytes(createHmac(text(0), bytes(1)).update(bytes(2)).digest());
      case 'offset': {
        const zone = zoneOf(text(0));
        return zone === undefined ? undefined : machine.newNumber(zoneOffset(number(1), zone));
      }
      case 'dateFormat':
        return machine.newText(faultOf(text(0)));
      case 'formatDate':
        return isTime(number(1))
          ? machine.newText(
              formatDate(parseDatePattern(text(0)), number(1), zoneOf(text(2)) ?? 'UTC'),
            )
          : undefined;
      case 'sleep':
        if (!this.#outside.sleep(number(0))) throw new GuestAborted(false);
        return undefined;
      default:
        throw new GuestAborted(false);
    }
  }

  /** A body as the guest has it: text, or bytes that are none. */
  newBody(body: Body): Pointer {
    if (typeof body === 'string') return this.#machine.newText(body);
    return isUtf8(body) ? this.#machine.newTextOf(body) : this.#machine.newBytes(body);
  }
}

/** What is wrong with a date pattern; '' for a good one. */
function faultOf(pattern: string): string {
  try {
    parseDatePattern(pattern);
    return '';
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
