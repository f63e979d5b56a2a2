import { ruleOf } from './allowed-headers.ts';
import { bodyText, type Exchange, type PropertyValue } from './exchange.ts';
import type { FlowSettings } from './flow.ts';

/** Of one name. */
const LONGEST_NAME = 120;
/** Of the list, which a flow in a loop would make ever longer. */
const LONGEST_LIST = 400;

/**
 * The receivers that a message has named, each once, in the order they were named (SAP Help, Headers
 * and Exchange Properties: `SAP_Receiver`, `SAP_ReceiverOverwrite`).
 */
export class Receivers {
  readonly #names = new Set<string>();
  #list = '';

  /** Takes the value of `SAP_Receiver` that a step has set. */
  note({ headers, properties }: Exchange): void {
    const name = monitoredText(headers.get('SAP_Receiver'), LONGEST_NAME);
    if (name === '') return;
    if (readFlag(properties.get('SAP_ReceiverOverwrite')) === true) {
      this.#names.clear();
      this.#list = '';
    }
    if (this.#list.length >= LONGEST_LIST || this.#names.has(name)) return;
    this.#names.add(name);
    this.#list = (this.#list === '' ? name : `${this.#list},${name}`).slice(0, LONGEST_LIST);
  }

  /** As the message processing log has them. */
  toString(): string {
    return this.#list;
  }
}

/** A header's or property's value as the log has it. */
export function monitoredText(value: PropertyValue | undefined, longest: number): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Uint8Array)
    return bodyText(value.subarray(0, 4 * longest)).slice(0, longest);
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)).slice(0, longest);
}

/** SAP Help, Headers and Exchange Properties: by default the logs of a message are correlated. */
export function correlatesLogs({ properties }: Exchange): boolean {
  return readFlag(properties.get('SAP_CorrelateMPLs')) !== false;
}

/** `True` and `False` as a content modifier's constant, or as a script's boolean. */
function readFlag(value: PropertyValue | undefined): boolean | undefined {
  if (typeof value !== 'string') return typeof value === 'boolean' ? value : undefined;
  const text = value.trim().toLowerCase();
  return text === 'true' || (text === 'false' ? false : undefined);
}

/** Which messages of a flow are logged: all, those that failed, or none (SAP Help, Setting Log Levels). */
export type LogLevel = 'INFO' | 'ERROR' | 'NONE';

const LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['info', 'INFO'],
  // What SAP logs of steps at this level is not logged here.
  ['debug', 'INFO'],
  ['error', 'ERROR'],
  ['none', 'NONE'],
]);

/**
 * What the flow is set to, unless the message arrives with the header `SAP_MessageProcessingLogLevel`
 * (SAP Help, Headers and Exchange Properties) and the flow allows that: a caller who puts it into the
 * query hides nothing from a flow that does not.
 */
export function logLevelOf({ headers }: Exchange, settings: FlowSettings): LogLevel {
  const asked = headers.get('SAP_MessageProcessingLogLevel');
  const level = typeof asked === 'string' ? LEVELS.get(asked.toLowerCase()) : undefined;
  if (level === undefined || !isAllowed(settings)) return settings.logLevel ?? 'INFO';
  return level;
}

const isAllowed = ({ allowedHeaders }: FlowSettings): boolean =>
  ruleOf(allowedHeaders)('sap_messageprocessingloglevel') !== undefined;
