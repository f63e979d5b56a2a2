import { isIP } from 'node:net';
import { isPrivateHost, type PrivateHosts } from './private-hosts.ts';
import { isPublicAddress } from './public-address.ts';

const LONGEST_URL = 2000;

export interface OutboundUrlOptions {
  /** Without TLS to public hosts, too: for what holds no secret. */
  readonly plainHttp?: boolean;
  readonly longest?: number;
}

/**
 * What is wrong with an address that this server is asked to fetch from; undefined if it may. A name
 * is looked up only when it is fetched: see `checked-lookup.ts`.
 * @returns a sentence for the administrator who wrote the address.
 */
export function faultOfOutboundUrl(
  text: string,
  privateHosts: PrivateHosts,
  { plainHttp = false, longest = LONGEST_URL }: OutboundUrlOptions = {},
): string | undefined {
  if (text.length > longest) return `An address has at most ${longest} characters.`;
  // The URL parser would take white space and backslashes out of an address that has them.
  if (!/^[\x21-\x5b\x5d-\x7e]+$/.test(text) || !URL.canParse(text)) {
    return 'An address is an absolute URL, such as https://idp.example.com/keys.';
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return 'An address holds no user name and no password.';
  }
  if (text.includes('#')) return 'An address has no fragment.';
  const isInside = isPrivateHost(url, privateHosts);
  if (isInside || plainHttp) {
    if (!/^https?:$/.test(url.protocol)) return 'An address begins with https:// or http://.';
    if (isInside) return undefined;
  } else if (url.protocol !== 'https:') {
    return 'An address begins with https://. http:// is for hosts that the setting FLOWGATE_PRIVATE_HOSTS names.';
  }
  const host = hostOf(url);
  if (isIP(host) !== 0 && !isPublicAddress(host)) return `${host} ${IS_PRIVATE}`;
  return undefined;
}

/** The host for a socket: an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

export const IS_PRIVATE =
  'is not an address of the public Internet. A host inside is named in the setting FLOWGATE_PRIVATE_HOSTS.';
