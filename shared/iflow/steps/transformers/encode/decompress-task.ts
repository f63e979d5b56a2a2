import { gunzipSync } from 'node:zlib';
import { type Task, TaskFailure } from '../../../tasks/task.ts';
import { BundleFault } from '../../../bundle/fault.ts';
import { inflate, readZip } from '../../../bundle/unzip.ts';
import { type Body, bodyBytes, MAX_BODY_SIZE } from '../../../exchange.ts';

export interface DecompressCall {
  readonly body: Body;
  readonly format: 'gzip' | 'zip';
}

export interface Decompressed {
  readonly body: Uint8Array;
  /** Of the file in a zip; '' for GZIP. */
  readonly fileName: string;
}

/** Unpacks no more than a body may hold, whatever the packed data says of itself. */
export const decompressTask: Task<DecompressCall, Decompressed> = {
  run({ body, format }) {
    const bytes = bodyBytes(body);
    return format === 'gzip' ? { body: gunzip(bytes), fileName: '' } : unzip(bytes);
  },
};

function gunzip(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BODY_SIZE, chunkSize: 64 * 1024 });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(error);
    throw new TaskFailure('encoding', 'The message body is not GZIP data, or is damaged.', error);
  }
}

function unzip(bytes: Uint8Array): Decompressed {
  try {
    const [entry, ...others] = readZip(bytes, MAX_BODY_SIZE).values();
    if (entry === undefined || others.length > 0) {
      throw new TaskFailure(
        'encoding',
        `The message body is a zip of ${others.length + (entry === undefined ? 0 : 1)} files; ZIP Decompress takes a zip of one file.`,
      );
    }
    if (entry.size > MAX_BODY_SIZE) throw tooLarge();
    return { body: inflate(entry), fileName: entry.name };
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    throw new TaskFailure(
      'encoding',
      'The message body cannot be read as a zip: it must be whole, not encrypted, not in ZIP64 format, packed by deflate, and its file must have a plain name.',
      error,
    );
  }
}

function tooLarge(cause?: unknown): TaskFailure {
  const text = `The message body unpacks to more than ${MAX_BODY_SIZE} bytes.`;
  return new TaskFailure('too_large', text, cause);
}
