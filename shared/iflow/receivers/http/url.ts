import type { HeaderMap } from '../../exchange.ts';
import { asText, type Template } from '../../expressions/simple.ts';
import { StepFailure } from '../../steps/step-failure.ts';
import type { EvaluateText } from '../../steps/evaluating.ts';
import { authorityOf } from './authority.ts';
import type { HttpConfig } from './config.ts';

/**
 * The URL that a message is sent to. SAP Help, HTTP Receiver Adapter: an address that is no
 * expression is overridden by the header `CamelHttpUri`, a query that is none by `CamelHttpQuery`;
 * `CamelHttpPath` is appended (SAP Help, Headers and Exchange Properties). What has no place in a URL
 * is percent-encoded, what is encoded already stays as it is.
 * @throws {StepFailure}
 */
export function writeUrl(
  config: Pick<HttpConfig, 'address' | 'query'>,
  headers: HeaderMap,
  evaluate: EvaluateText,
): string {
  const given = textOf(headers, 'CamelHttpUri');
  const configured = evaluateAddress(config.address, evaluate);
  const isOverridden = given !== '' && (isPlain(config.address) || configured.trim() === '');
  const written = isOverridden ? given : configured;
  const address = encodeParts(written, /[^!$%&'()*+,\-./:;=?@\w~[\]]/gu);
  const authority = authorityOf(address);
  if (authority === undefined || authority.authority === '') {
    throw badUrl('the address is no URL that begins with https:// or http://');
  }
  if (authority.authority.includes('@')) {
    throw badUrl('the address holds a user name; name a credential in the place of it');
  }
  const [base = '', ...queries] = address.split('?');
  const path = appendPath(base, textOf(headers, 'CamelHttpPath'));
  const isFixed = isPlain(config.address) && !isOverridden && path === base;
  if (!isFixed && DOT_SEGMENT.test(path)) {
    throw badUrl('its path has . or .. in it, which could lead elsewhere');
  }
  const query = [queries.join('?'), writeQuery(config.query, headers, evaluate)]
    .filter((part) => part !== '')
    .join('&');
  return query === '' ? path : `${path}?${query}`;
}

/** More than servers take, and little enough to be looked through. */
const MAX_CHARACTERS = 16 * 1024;

/** Also as servers read it that decode twice, or take `;` for the end of a segment. */
const DOT_SEGMENT = /(?:\/|%2f|%5c)(?:\.|%2e){1,2}(?:;[^/]*)?(?:\/|%2f|%5c|$)/i;

/**
 * A value in between of what the flow's author has written of the host must not end the host, as
 * `evil.example/` would in `https://${property.tenant}.alm.example`.
 */
function evaluateAddress(address: Template, evaluate: EvaluateText): string {
  const values = address.map((part) => (typeof part === 'string' ? part : evaluate([part])));
  const [first] = address;
  const start = typeof first === 'string' ? authorityOf(first) : undefined;
  if (start !== undefined && !start.isComplete) {
    const rest = address.slice(1);
    const end = rest.findIndex((part) => typeof part === 'string' && /[/?#\\]/.test(part));
    const within = end < 0 ? rest : rest.slice(0, end);
    const last = end < 0 ? undefined : rest[end];
    const isPartlyWritten =
      start.authority !== '' ||
      within.some((part) => typeof part === 'string') ||
      (typeof last === 'string' && !/^[/?#\\]/.test(last));
    const inside = values.slice(1, 1 + within.length);
    if (isPartlyWritten && inside.some((value) => !/^[\w.-]*$/.test(value.trim()))) {
      throw badUrl('a value within the host of the address is no part of a host name');
    }
    return values.map((value, i) => (i <= within.length ? value.trim() : value)).join('');
  }
  return values.join('');
}

function appendPath(base: string, path: string): string {
  if (path === '') return base;
  const tail = encodeParts(path.replace(/^\/+/, ''), /[^!$%&'()*+,\-./:;=@\w~]/gu);
  return base.endsWith('/') ? base + tail : `${base}/${tail}`;
}

function writeQuery(query: Template, headers: HeaderMap, evaluate: EvaluateText): string {
  const given = textOf(headers, 'CamelHttpQuery');
  const written = isPlain(query) && given !== '' ? given : evaluate(query);
  return encodeParts(written.trim().replace(/^\?/, ''), /[^!$%&'()*+,\-./:;=?@\w~[\]]/gu);
}

/** Percent-encodes what `unsafe` finds, and a % that encodes nothing (RFC 3986 section 2.1). */
function encodeParts(text: string, unsafe: RegExp): string {
  if (text.length > MAX_CHARACTERS) throw badUrl(`it has more than ${MAX_CHARACTERS} characters`);
  const trimmed = text.trim();
  if (/[\x00-\x1f\x7f]/.test(trimmed))
    throw badUrl('it has a line break or another control character in it');
  return trimmed
    .toWellFormed()
    .replace(unsafe, (sign) => encodeURIComponent(sign))
    .replace(/%(?![0-9a-f]{2})/gi, '%25');
}

function isPlain(template: Template): boolean {
  return template.every((part) => typeof part === 'string');
}

function textOf(headers: HeaderMap, name: string): string {
  return asText(headers.get(name) ?? '').trim();
}

function badUrl(what: string): StepFailure {
  return new StepFailure('url', `The URL to be called cannot be used: ${what}.`);
}
