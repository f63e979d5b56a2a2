import type { HttpCall } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { Problem } from '../../http/problem.ts';

/** Bytes that a registry request may have. */
export const BODY_LIMIT = 256 * 1024;
const MOST_NESTED = 20;

/** The members of a JSON object by name; a Map, because `__proto__` is a name like any other. */
export type Members = ReadonlyMap<string, unknown>;

/**
 * Reads the body as one JSON object (RFC 8259).
 * @throws {Fault} 415, 413, 411
 * @throws {Problem} 400 for what is no JSON object, is empty, names a member twice or nests too deep.
 */
export async function readJsonObject(
  call: HttpCall,
  mediaTypes: readonly string[] = ['application/json'],
): Promise<Members> {
  const members = await readOptionalJsonObject(call, mediaTypes);
  if (members === undefined) throw badBody('The body is empty. Send a JSON object.');
  return members;
}

/** Like {@link readJsonObject}; undefined for an empty body, whatever its media type. */
export async function readOptionalJsonObject(
  call: HttpCall,
  mediaTypes: readonly string[] = ['application/json'],
): Promise<Members | undefined> {
  const bytes = await call.bytes(BODY_LIMIT);
  if (bytes.length === 0) return undefined;
  requireMediaType(call.headers.get('content-type') ?? '', mediaTypes);
  const text = decode(bytes);
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badBody('The body is JSON, but not an object. Send { … }.');
  }
  refuseRepeatedMembers(text);
  return new Map(Object.entries(value));
}

function requireMediaType(header: string, mediaTypes: readonly string[]): void {
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const utf8 = parameters.every(
    (one) => !one.startsWith('charset=') || /^charset="?utf-?8"?$/.test(one),
  );
  if (mediaTypes.includes(type) && utf8) return;
  const accept = mediaTypes.join(', ');
  throw new Fault(415, `Send the body with Content-Type: ${mediaTypes.join(' or ')}, in UTF-8.`, {
    reason: 'unsupported_media_type',
    headers: { Accept: accept },
  });
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw badBody('The body is not valid UTF-8. Send JSON in UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badBody('The body is not valid JSON. Send a JSON object.');
  }
}

/**
 * JSON.parse takes the last of several members with one name, others the first (RFC 8259 section 4):
 * which one was meant cannot be known. `text` is valid JSON, so the tokens alone tell.
 */
function refuseRepeatedMembers(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    const [token, colon] = match;
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined);
      if (open.length > MOST_NESTED) {
        throw badBody(`The body nests deeper than ${MOST_NESTED} levels.`);
      }
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (colon !== undefined) {
      const name = JSON.parse(token.slice(0, -colon.length)) as string;
      const names = open.at(-1);
      if (names?.has(name) === true) {
        throw badBody('The body names a member of an object twice. Send each member once.');
      }
      names?.add(name);
    }
  }
}

function badBody(detail: string): Problem {
  return new Problem(400, 'invalid_body', detail);
}
