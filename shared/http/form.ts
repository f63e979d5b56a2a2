import type { HttpCall } from './call.ts';
import { Fault } from './fault.ts';

export const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Parameters of a request; none is there twice, none is empty. */
export type Parameters = ReadonlyMap<string, string>;

/**
 * Reads the parameters of a request out of its query and its form body. A parameter without a value
 * counts as left out, and one may not be repeated (RFC 6749 section 3.2). The same parameter in
 * query and body with the same value is one.
 *
 * @param limit bytes of body.
 * @param secret parameters that may not be in a query, since queries end up in logs and histories.
 * @param repeatable parameters whose values cannot hold a space and may come several times, as RFC 8707
 *   section 2 and RFC 8693 section 2.1 have it; their values are joined with one.
 * @throws {Fault} 400 for a repeated or contradicting parameter, a secret in the query, or a body
 *   that is no form; what `call.text` throws.
 */
export async function readParameters(
  call: HttpCall,
  limit: number,
  secret: ReadonlySet<string>,
  repeatable: ReadonlySet<string> = NONE,
): Promise<Parameters> {
  const query = collect(call.url.searchParams, repeatable, secret);
  const body = collect(await readForm(call, limit), repeatable);
  for (const [name, value] of query) {
    if (body.has(name) && body.get(name) !== value) {
      throw malformed(
        'contradicting_parameter',
        `${quotable(name)} has one value in the query and another in the body. Send it once.`,
      );
    }
  }
  return query.size === 0 ? body : new Map([...query, ...body]);
}

/**
 * The pairs of a form body as they were sent; none for an empty body.
 * @throws {Fault} 400 for a body that is no form; what `call.text` throws.
 */
export async function readForm(call: HttpCall, limit: number): Promise<URLSearchParams> {
  const text = await call.text(limit);
  if (text.trim() === '') return new URLSearchParams();
  requireForm(call.headers.get('content-type'));
  return new URLSearchParams(text);
}

/** Form-decodes one value; undefined if it is not form-encoded. */
export function decodeFormValue(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

const NONE: ReadonlySet<string> = new Set();

function collect(
  sent: URLSearchParams,
  repeatable: ReadonlySet<string>,
  refused?: ReadonlySet<string>,
): Map<string, string> {
  const parameters = new Map<string, string>();
  sent.forEach((value, name) => {
    if (value === '') return;
    if (refused?.has(name) === true) {
      throw malformed(
        'secret_in_query',
        `${name} must not be in the query of the address, where logs would keep it. Send it in the body or, for client credentials, in the Authorization header.`,
      );
    }
    const before = parameters.get(name);
    if (before !== undefined && repeatable.has(name)) {
      parameters.set(name, `${before} ${value}`);
      return;
    }
    if (before !== undefined) {
      throw malformed('repeated_parameter', `${quotable(name)} is repeated. Send it once.`);
    }
    parameters.set(name, value);
  });
  return parameters;
}

function requireForm(contentType: string | null): void {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === FORM_TYPE) return;
  const found = type === '' ? 'has no Content-Type' : 'has another Content-Type';
  throw malformed(
    'content_type',
    `The request body ${found}. Send the parameters as ${FORM_TYPE}.`,
  );
}

/** A name that comes from outside is repeated in an answer only if it looks like a name. */
const quotable = (name: string): string =>
  /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : 'A parameter';

const malformed = (reason: string, detail: string): Fault => new Fault(400, detail, { reason });
