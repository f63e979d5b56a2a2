import { type Body, type Exchange, MAX_BODY_SIZE } from '../../exchange.ts';
import { asText } from '../../expressions/simple.ts';
import { StepFailure } from '../../steps/step-failure.ts';

/**
 * The bytes of a body. Text is encoded as the property or the header `CamelCharsetName` says (SAP
 * Help, HTTP Receiver Adapter), else as UTF-8.
 * @throws {StepFailure}
 */
export function encodeBody({ body, properties, headers }: Exchange): Uint8Array {
  if (typeof body !== 'string') return body;
  const named = properties.get('CamelCharsetName') ?? headers.get('CamelCharsetName') ?? '';
  const charset = asText(named).trim().toLowerCase();
  const encoded = encodeText(body, charset);
  if (encoded.length <= MAX_BODY_SIZE) return encoded;
  throw new StepFailure('too_large', `The body has more than ${MAX_BODY_SIZE} bytes.`);
}

function encodeText(text: string, charset: string): Uint8Array {
  switch (charset) {
    case '':
    case 'utf-8':
    case 'utf8':
      return Buffer.from(text, 'utf8');
    case 'us-ascii':
    case 'ascii':
      return Buffer.from(text.replace(/[^\0-\x7f]/gu, '?'), 'latin1');
    case 'iso-8859-1':
    case 'iso8859-1':
    case 'latin1':
      return Buffer.from(text.replace(/[^\0-\xff]/gu, '?'), 'latin1');
    case 'utf-16le':
      return Buffer.from(text, 'utf16le');
    case 'utf-16':
    case 'utf-16be':
      return Buffer.from(charset === 'utf-16' ? `\ufeff${text}` : text, 'utf16le').swap16();
  }
  throw new StepFailure(
    'charset',
    `CamelCharsetName says ${JSON.stringify(charset.slice(0, 100))}; text can be sent as UTF-8, UTF-16, ISO-8859-1 or US-ASCII.`,
  );
}

/**
 * An answer's body for the flow: text in another encoding than UTF-8 is decoded, since whatever reads
 * bytes later takes them for UTF-8.
 * @returns the body with the content type that then fits it.
 */
export function decodeAnswer(
  body: Uint8Array,
  contentType: string,
): { readonly body: Body; readonly contentType: string } {
  const decode = decoderOf(contentType);
  if (decode === undefined) return { body, contentType };
  return { body: decode(body), contentType: contentType.replace(CHARSET, 'charset=UTF-8') };
}

/** The whole body as text, for whoever asks what a receiver has said. */
export function answerText(body: Uint8Array, contentType: string): string {
  const decode = decoderOf(contentType);
  return decode === undefined ? Buffer.from(body).toString('utf8') : decode(body);
}

const CHARSET = /charset\s*=\s*"?([\w.:-]{1,40})"?/i;

function decoderOf(contentType: string): ((body: Uint8Array) => string) | undefined {
  const charset = CHARSET.exec(contentType)?.[1]?.toLowerCase();
  if (charset === undefined || /^(utf-?8|us-ascii)$/.test(charset)) return undefined;
  if (
    !/^(text\/|application\/(xml|json|javascript|x-www-form-urlencoded)|[^;]+\+(xml|json))/i.test(
      contentType.trim(),
    )
  ) {
    return undefined;
  }
  try {
    const decoder = new TextDecoder(charset);
    return (body) => decoder.decode(body);
  } catch (error) {
    // A name that is no encoding.
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}
