import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { FetchFault } from './fetch-fault.ts';
import type { CountBytes } from './http-exchange.ts';

/** Codings that {@link decodeBody} can take off (RFC 9110 section 8.4.1). */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

const options = { chunkSize: 64 * 1024 };

const decoders: Readonly<Record<string, (body: Uint8Array) => Transform>> = {
  gzip: () => createGunzip(options),
  'x-gzip': () => createGunzip(options),
  // Some servers leave the zlib header out.
  deflate: (body) =>
    ((body[0] ?? 0) & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options),
  br: () => createBrotliDecompress(options),
};

/**
 * Takes a content coding off.
 * @param count stops it, so that a small answer does not become a large one.
 * @returns undefined for a coding that is not known: the body is as it is.
 * @throws {FetchFault}
 */
export async function decodeBody(
  body: Uint8Array,
  coding: string,
  count: CountBytes,
  shown: string,
): Promise<Buffer | undefined> {
  const name = coding.trim().toLowerCase();
  const makeDecoder = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (makeDecoder === undefined) return undefined;
  // The answer to a HEAD, and that of servers which name a coding for nothing.
  if (body.length === 0) return Buffer.alloc(0);
  const decoder = makeDecoder(body);
  decoder.end(body);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      count(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof FetchFault) throw error;
    throw new FetchFault('encoding', shown, `answers with a body that is no ${name}.`, error);
  }
  return Buffer.concat(chunks);
}
