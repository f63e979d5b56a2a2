import { type Body, bodyText, type CaughtException, type Value } from '../exchange.ts';
import { MAX_RESULT_CHARACTERS, tooLong } from './expression-failure.ts';

/**
 * A value as Java's toString() shows it: null as nothing, lists as `[a, b]`, maps as `{k=v}`.
 * @throws {ExpressionFailure} for a list or map that is too long as text.
 */
export function asText(value: Value | Body): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (value instanceof Uint8Array) return bodyText(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${joined(value, inner)}]`;
  if (isException(value)) return `${value.class}: ${value.message}`;
  return `{${joined(Object.entries(value), ([key, v]) => `${key}=${inner(v)}`)}}`;
}

function joined<T>(entries: readonly T[], textOf: (entry: T) => string): string {
  let text = '';
  for (const [index, entry] of entries.entries()) {
    text += index === 0 ? textOf(entry) : `, ${textOf(entry)}`;
    if (text.length > MAX_RESULT_CHARACTERS) throw tooLong();
  }
  return text;
}

function inner(value: Value): string {
  return value === null ? 'null' : asText(value);
}

/** Whether a map is what the property CamelExceptionCaught holds. */
function isException(value: object): value is Pick<CaughtException, 'class' | 'message'> {
  return (
    'stacktrace' in value &&
    'class' in value &&
    typeof value.class === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}

function isList(value: object): value is readonly Value[] {
  return Array.isArray(value);
}
