import { type Body, bodyText, type CaughtException, type Value } from '../exchange.ts';

/** A value as Java's toString() shows it: null as nothing, lists as `[a, b]`, maps as `{k=v}`. */
export function asText(value: Value | Body): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (value instanceof Uint8Array) return bodyText(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(inner).join(', ')}]`;
  if (isException(value)) return `${value.class}: ${value.message}`;
  return `{${Object.entries(value)
    .map(([key, v]) => `${key}=${inner(v)}`)
    .join(', ')}}`;
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
