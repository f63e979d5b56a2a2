import { randomBytes, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { once } from '../cache/once.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

const IV_BYTES = 12;
const LENGTH_BYTES = 4;

/** What is kept: bytes, and a few words about them that are plain JSON. */
export interface Content<M> {
  readonly about: M;
  readonly bytes: Uint8Array;
}

/** Compresses and encrypts what messages leave behind. */
export interface ContentSealer {
  /**
   * @param boundTo names the row that it is kept in: elsewhere it does not open.
   * @returns a fresh IV, then what AES-256-GCM makes of the compressed content, its tag at the end.
   */
  seal<M>(content: Content<M>, boundTo: string): Promise<Buffer>;
  /** @throws {SealBroken} */
  open<M>(sealed: Uint8Array, boundTo: string): Promise<Content<M>>;
}

/** It was sealed under another key, or for another row, or is damaged. */
export class SealBroken extends Error {
  constructor(cause: unknown) {
    super(
      'Stored content does not open: FLOWGATE_MASTER_KEY is not the master key that it was encrypted under, or the row was damaged.',
      { cause },
    );
    this.name = 'SealBroken';
  }
}

/**
 * All of the work is done off the event loop: contents come to 40 MB.
 * @param rawKey 32 bytes; derived from the master key for this purpose alone.
 * @param largest bytes that a content may have when it is opened.
 */
export function createContentSealer(rawKey: Uint8Array, largest: number): ContentSealer {
  const key = once(() =>
    webcrypto.subtle.importKey('raw', rawKey, 'AES-GCM', false, ['encrypt', 'decrypt']),
  );
  const cipher = (iv: Uint8Array, boundTo: string) => ({
    name: 'AES-GCM',
    iv,
    additionalData: Buffer.from(boundTo, 'utf8'),
  });
  return {
    async seal({ about, bytes }, boundTo) {
      const words = Buffer.from(JSON.stringify(about), 'utf8');
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(words.length);
      const packed = await deflate(Buffer.concat([length, words, bytes]), { level: 1 });
      const iv = randomBytes(IV_BYTES);
      const sealed = await webcrypto.subtle.encrypt(cipher(iv, boundTo), await key(), packed);
      return Buffer.concat([iv, Buffer.from(sealed)]);
    },

    async open<M>(sealed: Uint8Array, boundTo: string): Promise<Content<M>> {
      const [iv, rest] = [sealed.subarray(0, IV_BYTES), sealed.subarray(IV_BYTES)];
      const opened = await key()
        .then((one) => webcrypto.subtle.decrypt(cipher(iv, boundTo), one, rest))
        .catch((cause: unknown) => {
          throw new SealBroken(cause);
        });
      const content = await inflate(Buffer.from(opened), { maxOutputLength: largest });
      const words = LENGTH_BYTES + content.readUInt32LE();
      return {
        about: JSON.parse(content.toString('utf8', LENGTH_BYTES, words)) as M,
        bytes: content.subarray(words),
      };
    },
  };
}
