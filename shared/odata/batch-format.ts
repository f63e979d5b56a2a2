import { STATUS_CODES } from 'node:http';
import type { HttpReply } from '../http/call.ts';
import { ODataError } from './errors.ts';

/** One request of a batch, as it stands in its part. */
export interface BatchRequest {
  readonly method: string;
  /** As written: relative to the service, or a whole URL. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: Buffer;
  /** `Content-ID` of the part; '' for none. */
  readonly contentId: string;
}

/** Changes that go together, or one request by itself. */
export type BatchItem =
  | { readonly type: 'request'; readonly request: BatchRequest }
  | { readonly type: 'changeset'; readonly requests: readonly BatchRequest[] };

/** What a {@link BatchItem} is answered with; a changeset that fails is answered as one request. */
export type BatchAnswer =
  | { readonly type: 'request'; readonly answer: PartAnswer }
  | { readonly type: 'changeset'; readonly answers: readonly PartAnswer[] };

export interface PartAnswer {
  readonly reply: HttpReply;
  readonly contentId: string;
}

/** Requests and changesets. */
const MOST_REQUESTS = 200;
const LONGEST_TARGET = 4096;
const LONGEST_HEAD = 64 * 1024;
const MOST_HEADERS = 100;

/**
 * Reads a batch (OData V2, Batch Processing section 2.2): `multipart/mixed` of `application/http`, in
 * which a part that is `multipart/mixed` again is a changeset. Lines may end with LF alone.
 * @throws {ODataError} 400, 415
 */
export function parseBatch(contentType: string, body: Uint8Array): BatchItem[] {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) {
    throw ODataError.unsupportedMediaType(
      'Send the batch as multipart/mixed, with its boundary in Content-Type.',
    );
  }
  // One character for each byte, so that bodies come out as they went in.
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  let left = MOST_REQUESTS;
  const split = (from: string, by: string): Part[] => {
    const parts = splitParts(from, by, left);
    left -= parts.length;
    return parts;
  };
  return split(text, boundary).map((part): BatchItem => {
    const inner = boundaryOf(part.headers.get('content-type') ?? '');
    return inner === undefined
      ? { type: 'request', request: parseRequest(part) }
      : { type: 'changeset', requests: split(part.content, inner).map(parseRequest) };
  });
}

/** The reply to a batch, its answers in the order of the requests. */
export function writeBatch(answers: readonly BatchAnswer[], makeId: () => string): HttpReply {
  const boundary = `batch_${makeId()}`;
  const parts = answers.map((item) => {
    if (item.type === 'request') return writeAnswer(item.answer);
    const inner = `changeset_${makeId()}`;
    const head = `Content-Type: multipart/mixed; boundary=${inner}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), joinParts(item.answers.map(writeAnswer), inner)]);
  });
  return {
    status: 202,
    headers: {
      'Content-Type': `multipart/mixed; boundary=${boundary}`,
      DataServiceVersion: '2.0',
    },
    body: joinParts(parts, boundary),
  };
}

interface Part {
  readonly headers: Headers;
  readonly content: string;
}

/** RFC 2046 section 5.1.1: 1 to 70 characters, quoted or not. */
function boundaryOf(contentType: string): string | undefined {
  if (!/^\s*multipart\/mixed\s*(?:;|$)/i.test(contentType)) return undefined;
  const found = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return found?.[1] ?? found?.[2];
}

function splitParts(text: string, boundary: string, most: number): Part[] {
  const delimiter = `--${boundary}`;
  const parts: Part[] = [];
  let begun: number | undefined;
  for (let at = nextLine(text, delimiter, 0); at >= 0;) {
    if (begun !== undefined) parts.push(parsePart(text.slice(begun, at).replace(/\r?\n$/, '')));
    if (parts.length > most) {
      throw ODataError.badRequest(`A batch may have ${MOST_REQUESTS} requests and changesets.`);
    }
    const rest = at + delimiter.length;
    if (text.startsWith('--', rest)) return parts;
    const end = text.indexOf('\n', rest);
    if (end < 0) break;
    begun = end + 1;
    at = nextLine(text, delimiter, begun);
  }
  throw ODataError.badRequest('The batch is not closed: its last boundary ends with --.');
}

/** Where a line begins with the delimiter; -1 for nowhere. */
function nextLine(text: string, delimiter: string, from: number): number {
  for (let at = text.indexOf(delimiter, from); at >= 0; at = text.indexOf(delimiter, at + 1)) {
    if (at === 0 || text.charAt(at - 1) === '\n') return at;
  }
  return -1;
}

function parsePart(text: string): Part {
  const { head, content } = splitHead(text);
  return { headers: parseHeaders(head), content };
}

function parseRequest({ headers: outer, content }: Part): BatchRequest {
  if (!/^\s*application\/http\s*(?:;|$)/i.test(outer.get('content-type') ?? '')) {
    throw ODataError.badRequest('Each part of the batch is application/http or a changeset.');
  }
  const { head, content: body } = splitHead(content.slice(firstLine(content)));
  const [line = '', ...lines] = head.split(/\r?\n/);
  const { method, target } = parseRequestLine(line);
  const headers = parseHeaders(lines.join('\n'));
  const length = headers.get('content-length');
  const bytes = Buffer.from(body, 'latin1');
  return {
    method,
    target,
    headers,
    body: length !== null && /^\d{1,9}$/.test(length) ? bytes.subarray(0, Number(length)) : bytes,
    contentId: outer.get('content-id') ?? headers.get('content-id') ?? '',
  };
}

/** Where the first line begins that is not empty. */
function firstLine(text: string): number {
  let at = 0;
  while (text.charAt(at) === '\r' || text.charAt(at) === '\n') at += 1;
  return at;
}

/** Addresses are taken with spaces in them, as they stand in SAP's examples. */
function parseRequestLine(line: string): { readonly method: string; readonly target: string } {
  const request = line.trimEnd().replace(/ HTTP\/1\.[01]$/, '');
  const space = request.indexOf(' ');
  const method = request.slice(0, Math.max(space, 0));
  const target = request.slice(space + 1).trim();
  if (/^[A-Z]{1,20}$/.test(method) && target !== '' && target.length <= LONGEST_TARGET) {
    return { method, target };
  }
  throw ODataError.badRequest(
    'A request of the batch begins with a line such as: GET IntegrationPackages HTTP/1.1',
  );
}

/** The first empty line ends the head; a text without one is all head. */
function splitHead(text: string): { readonly head: string; readonly content: string } {
  const begin = text.slice(0, LONGEST_HEAD);
  const empty = /^\r?\n/.exec(begin) ?? /\r?\n[ \t]*\r?\n/.exec(begin);
  if (empty !== null) {
    return {
      head: text.slice(0, empty.index),
      content: text.slice(empty.index + empty[0].length),
    };
  }
  if (text.length <= LONGEST_HEAD) return { head: text, content: '' };
  throw ODataError.badRequest(
    `The headers of a request in the batch may have ${LONGEST_HEAD} characters.`,
  );
}

function parseHeaders(head: string): Headers {
  const headers = new Headers();
  const lines = head.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length > MOST_HEADERS) {
    throw ODataError.badRequest(`A request of the batch may have ${MOST_HEADERS} headers.`);
  }
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).trim();
    const isReadable =
      /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name) && /^[\x20-\x7e]*$/.test(value);
    if (!isReadable) throw ODataError.badRequest('A header in the batch cannot be read.');
    headers.append(name, value);
  }
  return headers;
}

function writeAnswer({ reply, contentId }: PartAnswer): Buffer {
  const body = Buffer.from(reply.body ?? '');
  const { status, headers = {} } = reply;
  const lines = [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(/^[\x21-\x7e]{1,200}$/.test(contentId) ? [`Content-ID: ${contentId}`] : []),
    '',
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${body.length}`,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join('\r\n')), body]);
}

function joinParts(parts: readonly Buffer[], boundary: string): Buffer {
  return Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`), part, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}
