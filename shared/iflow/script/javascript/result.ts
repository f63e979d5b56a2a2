import type { Body, Value } from '../../exchange.ts';
import { ScriptFailure } from '../engine.ts';
import type { ScriptLogEntry, ScriptMessage, ScriptResult } from '../engine.ts';
import { MAX_VALUE_DEPTH } from './guest-run.ts';

type Entries = ScriptMessage['headers'];

/**
 * Reads what came out of the sandbox. Guest code made it, so nothing about it is taken for granted
 * but its size.
 * @throws {ScriptFailure}
 */
export function readResult(
  { meta, body }: { readonly meta: string; readonly body: Body | undefined },
  given: ScriptMessage,
): ScriptResult {
  const result: unknown = parse(meta);
  if (!isRecord(result)) throw garbled();
  const { headers, properties, log = [] } = result;
  if (!Array.isArray(log)) throw garbled();
  return {
    body: body ?? given.body,
    headers: headers === undefined ? given.headers : readEntries(headers),
    properties: properties === undefined ? given.properties : readEntries(properties),
    log: log.map(readLogEntry),
  };
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

function readLogEntry(entry: unknown): ScriptLogEntry {
  if (!isRecord(entry)) throw garbled();
  const { kind, name, value, text, mediaType } = entry;
  if (typeof name !== 'string') throw garbled();
  if (kind === 'property') return { kind, name, value: readValue(value, 0) };
  if (kind === 'customHeader' && typeof value === 'string') return { kind, name, value };
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
  return new ScriptFailure(
    'invalid_result',
    'The script has changed what JavaScript itself works with, so that its result cannot be read.',
  );
}
