import {
  type Attachment,
  type Body,
  MAX_BODY_SIZE,
  type PropertyValue,
  type Value,
} from '../../exchange.ts';
import { ScriptFailure } from '../engine.ts';
import type { ScriptCall, ScriptLogEntry, ScriptMessage, ScriptResult } from '../engine.ts';
import { MAX_VALUE_DEPTH } from './guest-run.ts';

export const GARBLED_TEXT =
  'The script has changed what JavaScript itself works with, so that its result cannot be read.';

type Entries = ScriptMessage['headers'];
type Attachments = ScriptMessage['attachments'];

/** What a run is asked, but for bodies: lines, the first the function's name, the others JSON. */
export function envelopeOf({ functionName, message }: ScriptCall): string {
  const lines = [
    functionName.replace(/\p{Cc}/gu, ' ').toWellFormed(),
    JSON.stringify(message.headers),
    JSON.stringify(withBytesOutside(message)),
  ];
  if (message.attachments.length > 0) {
    const described = message.attachments.map(([name, { contentType, headers, body }]) => {
      return [name, contentType, headers, sizeOf(body)];
    });
    lines.push(JSON.stringify(described));
  }
  return lines.join('\n');
}

/** Bytes of properties are where {@link bodiesOutside} has them. */
function withBytesOutside({ properties, attachments }: ScriptMessage): unknown[] {
  let next = attachments.length;
  return properties.map(([name, value]) =>
    value instanceof Uint8Array ? [name, null, next++] : [name, value],
  );
}

/** What the envelope refers to by index: attachments, then properties that are bytes. */
export function bodiesOutside({ properties, attachments }: ScriptMessage): readonly Body[] {
  return [
    ...attachments.map(([, { body }]) => body),
    ...properties.flatMap(([, value]) => (value instanceof Uint8Array ? [value] : [])),
  ];
}

function sizeOf(body: Body): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

/**
 * Reads what came out of the sandbox. Guest code made it, so nothing about it is taken for granted
 * but its size.
 * @throws {ScriptFailure}
 */
export function readResult(
  {
    meta,
    body,
    parts = [],
  }: {
    readonly meta: string;
    readonly body: Body | undefined;
    readonly parts?: readonly Body[];
  },
  given: ScriptMessage,
): ScriptResult {
  const result: unknown = parse(meta);
  if (!isRecord(result)) throw garbled();
  const { headers, properties, attachments, log = [] } = result;
  if (!Array.isArray(log)) throw garbled();
  return {
    body: body ?? given.body,
    headers: headers === undefined ? given.headers : readEntries(headers),
    properties:
      properties === undefined
        ? given.properties
        : readProperties(properties, given.properties, parts),
    attachments:
      attachments === undefined
        ? given.attachments
        : readAttachments(attachments, given.attachments, parts),
    log: log.map((entry) => readLogEntry(entry, parts)),
  };
}

/** Why the guest says that a script has failed, beside what it has told the log. */
export interface GuestFailure {
  readonly reason: (typeof GUEST_REASONS)[number];
  readonly message: string;
  readonly log?: unknown;
}

const GUEST_REASONS = ['missing_function', 'thrown', 'null', 'memory', 'invalid_result'] as const;

/** Reads why a script has failed, from guest code too: for what cannot be read, that is why. */
export function readFailure(meta: string): GuestFailure {
  try {
    const failure: unknown = parse(meta);
    if (!isRecord(failure) || typeof failure['message'] !== 'string') throw garbled();
    const reason = GUEST_REASONS.find((known) => known === failure['reason']);
    if (reason === undefined) throw garbled();
    return { reason, message: failure['message'], log: failure['log'] };
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    return { reason: 'invalid_result', message: error.message };
  }
}

/** What a script has told the message processing log before it failed, as far as it can be read. */
export function readFailureLog({
  log,
  parts = [],
}: {
  readonly log?: unknown;
  readonly parts?: readonly Body[];
}): ScriptLogEntry[] {
  try {
    return Array.isArray(log) ? log.map((entry) => readLogEntry(entry, parts)) : [];
  } catch (error) {
    if (error instanceof ScriptFailure) return [];
    throw error;
  }
}

function readAttachments(
  entries: unknown,
  given: Attachments,
  parts: readonly Body[],
): Attachments {
  if (!Array.isArray(entries)) throw garbled();
  let size = 0;
  return entries.map((entry: unknown): Attachments[number] => {
    if (!isRecord(entry)) throw garbled();
    const { name, contentType, headers, from, part } = entry;
    const body = typeof from === 'number' ? given[from]?.[1].body : bodyAt(parts, part);
    if (typeof name !== 'string' || typeof contentType !== 'string' || body === undefined) {
      throw garbled();
    }
    size += body.length;
    if (size > MAX_BODY_SIZE) {
      const text = `The attachments that the script leaves exceed ${MAX_BODY_SIZE} characters or bytes.`;
      throw new ScriptFailure('invalid_result', text);
    }
    return [name, { contentType, headers: readHeaders(headers), body }];
  });
}

function readHeaders(headers: unknown): Attachment['headers'] {
  if (!isRecord(headers)) throw garbled();
  for (const value of Object.values(headers)) if (typeof value !== 'string') throw garbled();
  return headers as Attachment['headers'];
}

function bodyAt(parts: readonly Body[], index: unknown): Body | undefined {
  return typeof index === 'number' ? parts[index] : undefined;
}

function readEntries(entries: unknown): Entries {
  if (!Array.isArray(entries)) throw garbled();
  return entries.map((entry: unknown): Entries[number] => {
    if (!Array.isArray(entry) || entry.length !== 2) throw garbled();
    const [name, value] = entry as [unknown, unknown];
    if (typeof name !== 'string') throw garbled();
    return [name, readValue(value, 0)];
  });
}

/** An entry is a name and a value, a name alone for a value that was given, or refers to bytes. */
function readProperties(
  entries: unknown,
  given: ScriptMessage['properties'],
  parts: readonly Body[],
): ScriptMessage['properties'] {
  if (!Array.isArray(entries)) throw garbled();
  const givenValues = new Map<unknown, PropertyValue>(given);
  return entries.flatMap((entry: unknown): ScriptMessage['properties'] => {
    if (Array.isArray(entry) && entry.length === 1) {
      const [name] = entry as [unknown];
      const kept = givenValues.get(name);
      if (typeof name !== 'string' || kept === undefined) throw garbled();
      return [[name, kept]];
    }
    if (!Array.isArray(entry) || entry.length !== 3) return readEntries([entry]);
    const [name, , part] = entry as [unknown, unknown, unknown];
    const value = bodyAt(parts, part);
    if (typeof name !== 'string' || !(value instanceof Uint8Array)) throw garbled();
    return [[name, value]];
  });
}

function readLogEntry(entry: unknown, parts: readonly Body[]): ScriptLogEntry {
  if (!isRecord(entry)) throw garbled();
  const { kind, name, value, part, mediaType } = entry;
  if (typeof name !== 'string') throw garbled();
  if (kind === 'customHeader' && typeof value === 'string') return { kind, name, value };
  const text = bodyAt(parts, part);
  if (kind === 'attachment' && typeof text === 'string' && typeof mediaType === 'string') {
    return { kind, name, text, mediaType };
  }
  throw garbled();
}

/** JSON is what a Value is, but for its depth: what handles it later may recurse. */
function readValue(value: unknown, depth: number): Value {
  if (value === undefined || depth > MAX_VALUE_DEPTH) throw garbled();
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) readValue(inner, depth + 1);
  }
  return value as Value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) throw garbled();
    throw error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function garbled(): ScriptFailure {
  return new ScriptFailure('invalid_result', GARBLED_TEXT);
}
