import { ReadableStream } from 'node:stream/web';
import { HttpResponse, type HttpResponseInit } from '@azure/functions';
import type { HttpReply } from './call.ts';

/** RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5: an answer without a body, whatever a room says. */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** Its types have the body as a property that cannot be made when it is asked for; it is none. */
const LibraryResponse: new (init: HttpResponseInit) => Omit<HttpResponse, 'body' | 'arrayBuffer'> =
  HttpResponse;

/**
 * An answer as the Functions library hands it on. The library would put the body of a plain object
 * into a web `Response` and read it out of that again, which costs more than the rest of its work on
 * an answer; status and headers still go through `Response`, which refuses those that cannot be sent.
 */
export class FunctionResponse extends LibraryResponse {
  readonly arrayBuffer: () => Promise<ArrayBuffer>;
  readonly #bytes: ArrayBuffer;

  /** @throws {RangeError} for a status outside 200 to 599; {TypeError} for a malformed header. */
  constructor({ status, headers = {}, cookies = [], body = '' }: HttpReply) {
    super({ status, headers, cookies: [...cookies] });
    const bytes = WITHOUT_BODY.has(status) ? new ArrayBuffer() : bytesOf(body);
    this.#bytes = bytes;
    this.arrayBuffer = () => Promise.resolve(bytes);
  }

  /** Read in streaming mode only. */
  get body(): ReadableStream<Uint8Array> | null {
    const bytes = new Uint8Array(this.#bytes);
    if (bytes.length === 0) return null;
    return new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
  }
}

const utf8 = new TextEncoder();

function bytesOf(body: string | Uint8Array): ArrayBuffer {
  const bytes = typeof body === 'string' ? utf8.encode(body) : body;
  if (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength) {
    return bytes.buffer;
  }
  // A view into something larger: what lies beside it is not for the caller.
  return new Uint8Array(bytes).buffer;
}
