/**
 * The client's certificate out of the header that the front end puts it in, as DER or PEM:
 * base64 of the DER (`X-ARR-ClientCert` of App Service), escaped PEM (nginx), or the element
 * `Cert="…"` of `X-Forwarded-Client-Cert` (Envoy, Container Apps).
 * @returns undefined for what is none of them, or more than one.
 */
export function readForwarded(value: string): Buffer | string | undefined {
  if (value.length > LONGEST) return undefined;
  const elements = [...value.matchAll(ELEMENT)].filter(([, name]) => /^cert$/i.test(name ?? ''));
  const [first, ...more] = elements;
  if (more.length > 0) return undefined;
  // What is left over, such as a quoted value without its end, may be where the element was in.
  if (first !== undefined && /[^;,\s]/.test(value.replaceAll(ELEMENT, ''))) return undefined;
  const text = first === undefined ? value.trim() : (first[2] ?? first[3] ?? '');
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  const pem = decodeEscapes(text);
  return pem !== undefined && ONE_CERTIFICATE.test(pem) ? pem : undefined;
}

/** Quoted values are taken whole: what a caller has written into one of them is no element. */
const ELEMENT = /(?:^|[;,])\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^;,"]*))/g;

/** Characters: HTTP servers refuse headers above 16 KiB. */
const LONGEST = 16_384;

const ONE_CERTIFICATE =
  /^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;

function decodeEscapes(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
