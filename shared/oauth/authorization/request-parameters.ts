import type { HttpCall } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { type Parameters, readForm } from '../../http/form.ts';
import { REPEATABLE_PARAMETERS } from '../request-limits.ts';

/**
 * Characters of an authorization request as {@link toQuery} encodes it: it has to fit into the address
 * that a sign-in leads back to.
 */
const LONGEST_REQUEST = 7500;
/** As it was sent: with parameters that are ignored, and perhaps every character encoded. */
const LONGEST_SENT = 4 * LONGEST_REQUEST;

/** What an authorization request may say; everything else is ignored (RFC 6749 section 3.1). */
export const REQUEST_PARAMETERS = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'resource',
  'dpop_jkt',
  'prompt',
  'max_age',
  'login_hint',
  'request',
  'request_uri',
] as const;

export interface SentParameters {
  /** Those that came once; one without a value counts as left out. */
  readonly values: Parameters;
  /** Those that came more than once, which none may (RFC 6749 section 3.1). */
  readonly repeated: ReadonlySet<string>;
}

/**
 * The pairs of what was sent that an authorization request consists of.
 * @throws {Fault} 413
 */
export function pairsOfRequest(sent: Iterable<readonly [string, string]>): URLSearchParams {
  const names: readonly string[] = REQUEST_PARAMETERS;
  const pairs = new URLSearchParams();
  for (const [name, value] of sent) {
    if (value !== '' && names.includes(name)) pairs.append(name, value);
  }
  if (pairs.toString().length > LONGEST_REQUEST) throw tooLong();
  return pairs;
}

/**
 * Sorts the parameters of an authorization request out of what was sent.
 * @throws {Fault} 413
 */
export function sortParameters(sent: Iterable<readonly [string, string]>): SentParameters {
  const values = new Map<string, string>();
  const repeated = new Set<string>();
  for (const [name, value] of pairsOfRequest(sent)) {
    const before = values.get(name);
    if (before === undefined) values.set(name, value);
    else if (REPEATABLE_PARAMETERS.has(name)) values.set(name, `${before} ${value}`);
    else repeated.add(name);
  }
  for (const name of repeated) values.delete(name);
  return { values, repeated };
}

/**
 * The pairs that a browser sends to the authorization endpoint: of the query for GET, of the form for
 * POST.
 * @throws {Fault} 413, and 400 for a body that is no form.
 */
export async function readSent(call: HttpCall): Promise<URLSearchParams> {
  if (call.method === 'POST') return readForm(call, LONGEST_SENT);
  if (call.url.search.length > LONGEST_SENT) throw tooLong();
  return call.url.searchParams;
}

const tooLong = (): Fault =>
  new Fault(413, `An authorization request may have at most ${LONGEST_REQUEST} characters.`, {
    reason: 'content_too_large',
  });

/** As a query, `resource` again as often as it came. */
export function toQuery(parameters: Parameters): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of parameters) {
    const values = REPEATABLE_PARAMETERS.has(name) ? value.split(' ') : [value];
    for (const one of values) query.append(name, one);
  }
  return query;
}
