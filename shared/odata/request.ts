import type { HttpCall, HttpReply } from '../http/call.ts';
import type { Caller } from '../oauth/gate.ts';
import type { AuditNote } from '../registry/audit/audit-entry.ts';
import { ODataError } from './errors.ts';
import { asksForJson } from './format.ts';
import type { PathSegment } from './path.ts';

/** A call to `/api/v1` whose caller may do what its method does. */
export interface ODataRequest {
  readonly call: HttpCall;
  readonly caller: Caller;
  readonly segments: readonly PathSegment[];
  /** Address of the service, ending in `/`. */
  readonly base: string;
  /** Whether the answer is JSON; else Atom. */
  readonly json: boolean;
}

/** A reply, and what it adds to the audit trail's entry of the change. */
export interface ODataReply extends HttpReply {
  readonly audit?: AuditNote;
}

export type Operation = (request: ODataRequest) => Promise<ODataReply>;

/** Operations by method; HEAD is answered like GET, OPTIONS by the router. */
export type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'PUT' | 'DELETE', Operation>>>;

/** Operations by the shape of the path (`shapeOf`), such as `IntegrationPackages()/$value`. */
export type Routes = Readonly<Record<string, Methods>>;

/** Bytes of a body that carries no bundle. */
export const SMALL_BODY = 256 * 1024;

/**
 * The properties of a JSON body, bare or in the `d` that OData V2 wraps answers in (published tools
 * send either).
 * @param known every property that may be there; any other is refused, so that a misspelt one is
 *   not taken for left out.
 * @throws {ODataError} 400, 415
 */
export async function readProperties<K extends string>(
  call: HttpCall,
  limit: number,
  known: readonly K[],
): Promise<Partial<Record<K, string>>> {
  const text = await call.text(limit);
  const mediaType = (call.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw ODataError.unsupportedMediaType(
      'Send the body as JSON, with Content-Type: application/json. Atom is not read.',
    );
  }
  const properties = unwrap(parseJson(text));
  const read: Partial<Record<K, string>> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (name === '__metadata') continue;
    const property = known.find((candidate) => candidate === name);
    if (property === undefined) {
      throw ODataError.badRequest(
        `The property '${name.slice(0, 60)}' is not known here. Known are ${known.join(', ')}.`,
      );
    }
    if (value === null) continue;
    if (typeof value !== 'string') throw ODataError.badRequest(`Property '${name}' is a text.`);
    read[property] = value;
  }
  return read;
}

/** The format of the answer and the service's own address, for whoever writes replies. */
export function representationOf(call: HttpCall, issuer: string): { base: string; json: boolean } {
  return { base: `${issuer}/api/v1/`, json: asksForJson(call) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw ODataError.badRequest('The body is not JSON.');
  }
}

function unwrap(body: unknown): object {
  const inner = isObject(body) && 'd' in body ? body.d : body;
  if (!isObject(inner)) throw ODataError.badRequest('The body is one JSON object.');
  return inner;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
