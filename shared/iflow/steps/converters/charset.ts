import type { Exchange } from '../../exchange.ts';

/** The encoding that the header, else the property `CamelCharsetName` names; UTF-8 without either. */
export function charsetOf(exchange: Exchange): string {
  return camelCharset(exchange) ?? 'UTF-8';
}

/** The encoding of a body of bytes: that of {@link charsetOf}, or else what `Content-Type` says. */
export function bodyCharset(exchange: Exchange): string {
  const type = exchange.headers.get('Content-Type');
  const declared =
    typeof type === 'string' ? /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(type)?.[1] : undefined;
  return camelCharset(exchange) ?? declared ?? 'UTF-8';
}

function camelCharset({ headers, properties }: Exchange): string | undefined {
  const name = headers.get('CamelCharsetName') ?? properties.get('CamelCharsetName');
  return typeof name === 'string' && name.trim() !== '' ? name.trim() : undefined;
}
