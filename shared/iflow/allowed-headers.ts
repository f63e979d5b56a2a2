import { type NamePattern, parseNamePattern } from './name-pattern.ts';

/** Name one message and its sender, in lower case: neither side takes them from the other. */
export const OWN_HEADERS: readonly string[] = [
  'sapauthenticatedusername',
  'sap_messageprocessinglogid',
  'sap_mplcorrelationid',
];

/** Only a sender adapter sets them. */
const RESERVED = new Set([
  ...OWN_HEADERS,
  'authorization',
  'dpop',
  'cookie',
  'ssl_client_cert',
  'ssl_client_user',
]);

/**
 * Whether a header is not for the data of a caller to set, even where the flow allows it: with Camel's
 * own headers it could steer the flow, and SAP removes those as well.
 */
export function isReserved(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith('camel') || lower.startsWith('org.apache.camel') || RESERVED.has(lower);
}

/** Decides on a name in lower case. @returns the name to use, undefined for one that stays out. */
export type NameRule = (name: string) => string | undefined;

/** A compiled flow never changes. */
const rules = new WeakMap<readonly string[], NameRule>();

/** What a flow's Allowed Headers let pass (SAP Help, Specify the Runtime Configuration). */
export function ruleOf(allowedHeaders: readonly string[]): NameRule {
  let rule = rules.get(allowedHeaders);
  if (rule === undefined) {
    rule = makeRule(allowedHeaders);
    rules.set(allowedHeaders, rule);
  }
  return rule;
}

/** Entries of Allowed Headers: names, `*` for all, or patterns over whole names. */
function makeRule(allowedHeaders: readonly string[]): NameRule {
  // As the flow spells them: the host hands over all names in lower case.
  const spellings = new Map<string, string>();
  const patterns: NamePattern[] = [];
  for (const entry of allowedHeaders) {
    const pattern = /^[\w-]+$/.test(entry) ? undefined : parseNamePattern(entry);
    if (pattern === undefined) spellings.set(entry.toLowerCase(), entry);
    else patterns.push(pattern);
  }
  const all = allowedHeaders.includes('*');
  return (name) =>
    spellings.get(name) ?? (all || patterns.some((p) => p.matches(name)) ? name : undefined);
}
