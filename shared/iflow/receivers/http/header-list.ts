import type { HeaderList } from './config.ts';

export const MAX_LISTED_HEADERS = 200;

/**
 * Reads a list of header names, which `|` separates, or a comma. `*` beside names does not count
 * (SAP Help, HTTP Receiver Adapter).
 * @returns undefined for more than {@link MAX_LISTED_HEADERS}.
 */
export function readHeaderList(
  text: string,
): Exclude<HeaderList, { readonly expression: unknown }> | undefined {
  const entries = text.split(/[|,]/, MAX_LISTED_HEADERS + 1).map((entry) => entry.trim());
  if (entries.length > MAX_LISTED_HEADERS) return undefined;
  const names = entries.filter((entry) => entry !== '' && entry !== '*');
  if (names.length === 0 && entries.includes('*')) return { all: true };
  return { names: names.map((name) => name.toLowerCase()) };
}
