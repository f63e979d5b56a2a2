import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';
import { FetchFault } from './fetch-fault.ts';

/** Codings that {@link decodeBody} can take off (RFC 9110 section 8.4.1). */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

type Decode = (body: Uint8Array, options: ZlibOptions) => Promise<Buffer>;

const decoders: Readonly<Record<string, Decode>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  // Some servers leave the zlib header out.
  deflate: (body, options) =>
    ((body[0] ?? 0) & 0x0f) === 8
      ? promisify(inflate)(body, options)
      : promisify(inflateRaw)(body, options),
  br: promisify(brotliDecompress),
};

/**
 * Takes a content coding off. It stops at `largest` bytes, so that a small answer does not become a
 * large one.
 * @returns undefined for a coding that is not known: the body is as it is.
 * @throws {FetchFault}
 */
export async function decodeBody(
  body: Uint8Array,
  coding: string,
  largest: number,
  shown: string,
): Promise<Buffer | undefined> {
  const name = coding.trim().toLowerCase();
  const decode = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (decode === undefined) return undefined;
  // The answer to a HEAD, and that of servers which name a coding for nothing.
  if (body.length === 0) return Buffer.alloc(0);
  try {
    return await decode(body, { maxOutputLength: largest, chunkSize: 64 * 1024 });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(shown, largest, error);
    }
    throw new FetchFault('encoding', shown, `answers with a body that is no ${name}.`, error);
  }
}

export function tooLarge(shown: string, largest: number, cause?: unknown): FetchFault {
  return new FetchFault('too_large', shown, `answers with more than ${largest} bytes.`, cause);
}
