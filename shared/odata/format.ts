import type { HttpCall } from '../http/call.ts';

/**
 * Whether the answer is to be JSON: `$format=json`, or an Accept header that ranks
 * `application/json` at least as high as XML. OData V2's own default, and SAP's, is Atom.
 */
export function asksForJson(call: Pick<HttpCall, 'url' | 'headers'>): boolean {
  const format = call.url.searchParams.get('$format');
  if (format !== null) return format.toLowerCase() === 'json';
  const ranks = rankMediaTypes(call.headers.get('accept') ?? '');
  const jsonRank = ranks.get('application/json') ?? 0;
  const xmlRank = Math.max(
    ranks.get('application/atom+xml') ?? 0,
    ranks.get('application/xml') ?? 0,
  );
  return jsonRank > 0 && jsonRank >= xmlRank;
}

/** RFC 9110 section 12.4.2: media types with their quality, 1 unless given. */
function rankMediaTypes(accept: string): Map<string, number> {
  const ranks = new Map<string, number>();
  for (const entry of accept.slice(0, 1000).split(',')) {
    const [mediaType = '', ...parameters] = entry.split(';').map((part) => part.trim());
    const quality = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
    const rank = quality === undefined ? 1 : Number(quality);
    if (rank >= 0 && rank <= 1) ranks.set(mediaType.toLowerCase(), rank);
  }
  return ranks;
}
