import { type Task, TaskFailure } from '../../../tasks/task.ts';
import { type Attachment, type Body, bodyBytes, MAX_BODY_SIZE } from '../../../exchange.ts';
import {
  decodeValue,
  isHeaderName,
  type MimeHeader,
  parseContentType,
  parseParameters,
} from './mime-headers.ts';
import { headerOf, MimeError, type MimePart, readHeaders, readParts } from './read-multipart.ts';

export interface MimeDecodeCall {
  readonly body: Body;
  /** Of the message; null where the headers of the multipart stand in the body. */
  readonly contentType: string | null;
}

/** What becomes of the message. */
export interface MimeDecoded {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** Those that stood in the body. */
  readonly headers: readonly MimeHeader[];
  /** '' for one that has no name. */
  readonly attachments: readonly (readonly [name: string, attachment: Attachment])[];
}

/** RFC 2045 section 5.2. */
const DEFAULT_TYPE = 'text/plain';
const STANDARD = new Set(['message-id', 'mime-version', 'content-type']);

/** Undefined for a message that is no multipart and stays as it is. */
export const mimeDecodeTask: Task<MimeDecodeCall, MimeDecoded | undefined> = {
  run({ body, contentType }) {
    try {
      if (typeof body === 'string' && Buffer.byteLength(body) > MAX_BODY_SIZE) {
        throw new MimeError(`it has more than ${MAX_BODY_SIZE} bytes`);
      }
      return contentType === null
        ? decodeInline(bodyBytes(body))
        : decode(bodyBytes(body), contentType, []);
    } catch (error) {
      if (!(error instanceof MimeError)) throw error;
      throw new TaskFailure(
        'encoding',
        `The message body cannot be read as a MIME multipart: ${error.message}.`,
        error,
      );
    }
  },
};

/** SAP Help, MIME Multipart Messages: what is no multipart with headers counts as a preamble. */
function decodeInline(body: Uint8Array): MimeDecoded {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const nothing = { body: Buffer.alloc(0), contentType: '', headers: [], attachments: [] };
  const colon = bytes.subarray(0, 200).indexOf(':');
  if (!isHeaderName(bytes.toString('latin1', 0, Math.max(0, colon)))) return nothing;
  const { headers, rest } = readHeaders(bytes);
  const kept = headers
    .filter(([name]) => !STANDARD.has(name.toLowerCase()))
    .map(([name, value]): MimeHeader => [name, decodeValue(value)]);
  return decode(rest, headerOf(headers, 'content-type'), kept) ?? { ...nothing, headers: kept };
}

function decode(
  body: Uint8Array,
  contentType: string,
  headers: readonly MimeHeader[],
): MimeDecoded | undefined {
  const type = parseContentType(contentType);
  if (type?.type.startsWith('multipart/') !== true) return undefined;
  const [first, ...others] = readParts(body, type.parameters.get('boundary') ?? '');
  if (first === undefined) throw new Error('A multipart that was read has a part.');
  return {
    body: first.body,
    contentType: headerOf(first.headers, 'content-type') || DEFAULT_TYPE,
    headers,
    attachments: others.map((part) => [nameOf(part), attachmentOf(part)]),
  };
}

function attachmentOf({ headers, body }: MimePart): Attachment {
  const own = headers.filter(
    ([name]) => !['content-type', 'content-transfer-encoding'].includes(name.toLowerCase()),
  );
  return {
    body,
    contentType: headerOf(headers, 'content-type') || DEFAULT_TYPE,
    headers: Object.fromEntries(own),
  };
}

/** The file name, else the Content-ID. */
function nameOf({ headers }: MimePart): string {
  const disposition = headerOf(headers, 'content-disposition');
  const parameters = parseParameters(disposition.slice(Math.max(0, disposition.indexOf(';'))));
  const type = parseContentType(headerOf(headers, 'content-type'));
  const given =
    parameters.get('filename') ??
    type?.parameters.get('name') ??
    headerOf(headers, 'content-id').replace(/^<(.+)>$/s, '$1');
  return extendedName(parameters.get('filename*')) ?? decodeValue(given);
}

/** RFC 5987 section 3.2: `UTF-8''na%C3%AFve.txt`. */
function extendedName(value: string | undefined): string | undefined {
  const [, charset, text] = /^([\w-]+)'[^']*'(.*)$/s.exec(value ?? '') ?? [];
  if (charset === undefined || text === undefined) return undefined;
  const bytes = Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
  return bytes.toString(/^iso-8859-1$/i.test(charset) ? 'latin1' : 'utf8');
}
