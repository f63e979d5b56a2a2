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
export type Methods = Readonly<
  Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Operation>>
>;

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
  return textProperties(await readBody(call, limit), known);
}

/** The JSON object of a body, bare or in a `d`. @throws {ODataError} 400, 415 */
export async function readBody(call: HttpCall, limit: number): Promise<object> {
  const text = await call.text(limit);
  const mediaType = (call.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw ODataError.unsupportedMediaType(
      'Send the body as JSON, with Content-Type: application/json. Atom is not read.',
    );
  }
  return unwrap(parseJson(text));
}

/**
 * The properties of an object, which are texts.
 * @param nested those that are not; whoever calls reads them.
 * @throws {ODataError} 400
 */
export function textProperties<K extends string>(
  properties: object,
  known: readonly K[],
  nested: readonly string[] = [],
): Partial<Record<K, string>> {
  const read: Partial<Record<K, string>> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (name === '__metadata' || nested.includes(name)) continue;
    const property = known.find((candidate) => candidate === name);
    if (property === undefined) {
      throw ODataError.badRequest(
        `The property '${name.slice(0, 60)}' is not known here. Known are ${[...known, ...nested].join(', ')}.`,
      );
    }
    if (value === null) continue;
    if (typeof value !== 'string') throw ODataError.badRequest(`Property '${name}' is a text.`);
    read[property] = value;
  }
  return read;
}

/**
 * The entities that a body holds for a navigation (OData V2, deep insert): an array, bare or in the
 * `results` that OData V2 wraps answers in; undefined where there is none.
 * @throws {ODataError} 400
 */
export function nestedEntities(properties: object, name: string): readonly object[] | undefined {
  const value = memberOf(properties, name);
  if (value === undefined || value === null) return undefined;
  const list: unknown = isObject(value) ? memberOf(value, 'results') : value;
  // What was read before may be sent back, with links in the place of entities.
  if (isObject(value) && memberOf(value, '__deferred') !== undefined) return undefined;
  if (Array.isArray(list) && list.every(isObject)) return list;
  throw ODataError.badRequest(`Property '${name}' is a list of objects.`);
}

export function memberOf(object: object, name: string): unknown {
  return new Map(Object.entries(object)).get(name);
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

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
