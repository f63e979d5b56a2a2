/**
 * The caller's address: the last entry of `X-Forwarded-For` that was written by a proxy of ours.
 * With one trusted hop that is the last entry, with two the one before it. Entries further left
 * were sent by the caller and prove nothing.
 * @param trustedHops setting FLOWGATE_TRUSTED_PROXY_HOPS; 0 trusts no entry.
 * @returns without port; '' where there is none.
 */
export function clientAddressOf(
  headers: { get(name: string): string | null },
  trustedHops: number,
): string {
  if (trustedHops === 0) return '';
  const entries = (headers.get('x-forwarded-for') ?? '').split(',');
  const entry = (entries[entries.length - trustedHops] ?? '').trim();
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(entry);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return /^\d{1,3}(\.\d{1,3}){3}:\d+$/.test(entry) ? entry.slice(0, entry.lastIndexOf(':')) : entry;
}
