import { type Task, TaskFailure } from '../../../tasks/task.ts';
import { compilePattern } from '../../../expressions/pattern.ts';
import { encodeValue, isHeaderName, type MimeHeader, parseContentType } from './mime-headers.ts';
import { type MultipartContent, writeHeaders, writeMultipart } from './write-multipart.ts';

export interface MimeEncodeCall extends MultipartContent {
  readonly boundary: string;
  /** Headers of the multipart message that are to stand in the body; null for none. */
  readonly inline: {
    readonly headers: readonly MimeHeader[];
    /** Those of the exchange whose name this pattern matches are added; '' for none. */
    readonly include: string;
    readonly ofExchange: readonly MimeHeader[];
  } | null;
}

/** Names that the multipart message has headers of its own for. */
const STANDARD = new Set(['date', 'message-id', 'mime-version', 'content-type']);

export const mimeEncodeTask: Task<MimeEncodeCall, Uint8Array> = {
  run({ boundary, inline, ...content }) {
    if (parseContentType(content.contentType) === undefined) {
      const shown = JSON.stringify(content.contentType.slice(0, 100));
      throw new TaskFailure(
        'encoding',
        `The message cannot become a MIME multipart: its Content-Type ${shown} is no media type.`,
      );
    }
    const multipart = writeMultipart(content, boundary);
    if (inline === null) return multipart;
    const headers = writeHeaders([...inline.headers, ...included(inline)]);
    return Buffer.concat([Buffer.from(`${headers}\r\n`), multipart]);
  },
};

function included({ include, ofExchange }: NonNullable<MimeEncodeCall['inline']>): MimeHeader[] {
  if (include === '') return [];
  const matches = compilePattern(include);
  return ofExchange
    .filter(([name]) => isHeaderName(name) && !STANDARD.has(name.toLowerCase()) && matches(name))
    .map(([name, value]) => [name, encodeValue(value)]);
}
