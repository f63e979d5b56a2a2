import { piecewise } from '../../../xml/piecewise.ts';
import { type Task, TaskFailure } from '../../../tasks/task.ts';
import { type Body, bodyBytes, bodyText, MAX_BODY_SIZE } from '../../../exchange.ts';

export interface Base64Call {
  readonly body: Body;
  readonly direction: 'encode' | 'decode';
}

/** Either alphabet of RFC 4648, with or without its padding. */
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Base64 on one line (RFC 4648 section 4); read with line ends and spaces anywhere. */
export const base64Task: Task<Base64Call, Body> = {
  run({ body, direction }) {
    if (direction === 'encode') {
      const size = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
      if ((4 / 3) * size > MAX_BODY_SIZE) throw tooLarge();
      const bytes = bodyBytes(body);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    }
    const text = piecewise(bodyText(body), (piece) => piece.replace(/\s+/g, ''));
    if (!BASE64.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
      throw new TaskFailure('encoding', 'The message body is not Base64.');
    }
    return Buffer.from(text, 'base64');
  },
};

function tooLarge(): TaskFailure {
  const text = `The message body would become longer than ${MAX_BODY_SIZE} characters.`;
  return new TaskFailure('too_large', text);
}
