import { headerText } from '../../dispatch/outgoing.ts';
import type { HeaderMap } from '../../exchange.ts';
import { StepFailure } from '../../steps/step-failure.ts';
import type { EvaluateText } from '../../steps/evaluating.ts';
import type { HeaderList } from './config.ts';
import { MAX_LISTED_HEADERS, readHeaderList } from './header-list.ts';

/**
 * Never taken from the message, named or not: those that SAP's adapter excludes (SAP Help, HTTP
 * Receiver Adapter) and the others that belong to one connection (RFC 9110 section 7.6.1).
 */
const NOT_THE_FLOWS = new Set([
  'cache-control',
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'warning',
]);

/** What the runtime knows of the message; nobody else's unless the flow names it. */
const INTERNAL = new Set([
  'sapauthenticatedusername',
  'sap_messageprocessinglogid',
  'sap_mplcorrelationid',
]);

/** Names and values together; common servers take a quarter of it. */
const MAX_CHARACTERS = 64 * 1024;
/** What `headerText` takes. */
const MAX_VALUE_CHARACTERS = 8192;

/**
 * The headers of the message that go to the receiver: those that the channel's list allows, and the
 * content type where there is a body.
 * @throws {StepFailure}
 */
export function requestHeaders(
  headers: HeaderMap,
  list: HeaderList,
  hasBody: boolean,
  evaluate: EvaluateText,
): Record<string, string> {
  const allowed = resolveHeaderList(list, evaluate);
  const taken: Record<string, string> = {};
  let characters = 0;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const isAllowed = lower === 'content-type' ? hasBody : allowed(lower);
    if (!isAllowed || isCamel(lower) || NOT_THE_FLOWS.has(lower)) continue;
    if (value === null || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name)) continue;
    const text = headerText(value);
    if (text === '' && lower === 'content-type') continue;
    characters += name.length + text.length;
    if (text.length >= MAX_VALUE_CHARACTERS || characters > MAX_CHARACTERS) {
      throw new StepFailure(
        'headers',
        `The header ${name} is too long to be sent: a value has less than ${MAX_VALUE_CHARACTERS} characters, all headers ${MAX_CHARACTERS}.`,
      );
    }
    taken[name] = text;
  }
  return taken;
}

/** @returns whether a name, in lower case, is on the list. */
export function resolveHeaderList(
  list: HeaderList,
  evaluate: EvaluateText,
): (name: string) => boolean {
  const resolved = 'expression' in list ? readHeaderList(evaluate(list.expression)) : list;
  if (resolved === undefined) {
    const text = `The list of headers names more than ${MAX_LISTED_HEADERS}.`;
    throw new StepFailure('headers', text);
  }
  if ('all' in resolved) return (name) => !INTERNAL.has(name);
  const names = new Set(resolved.names);
  return (name) => names.has(name);
}

/** Headers that steer the runtime. */
export function isCamel(name: string): boolean {
  return name.startsWith('camel') || name.startsWith('org.apache.camel');
}

export function isInternal(name: string): boolean {
  return INTERNAL.has(name);
}
