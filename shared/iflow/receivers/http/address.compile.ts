import type { Template } from '../../expressions/simple.ts';
import { authorityOf } from './authority.ts';

/**
 * What is wrong with the address of a channel, as far as it can be told before a message comes;
 * undefined if it may do.
 * @param onlyTls whether a certificate is to be shown.
 * @returns a clause that follows the channel's name.
 */
export function faultOfAddress(address: Template, onlyTls: boolean): string | undefined {
  const [first] = address;
  if (first === undefined) return 'has no address';
  // An expression gives its beginning.
  if (typeof first !== 'string') return undefined;
  const example = 'an address is a URL such as https://host.example/path';
  const shown = JSON.stringify(first.slice(0, 100));
  // One without a value is told of as such.
  if (first.startsWith('{{')) return undefined;
  const found = authorityOf(first);
  const isWhole = address.length === 1 || found?.isComplete === true;
  if (found === undefined || (isWhole && found.authority === '')) {
    return `has the address ${shown}; ${example}`;
  }
  if (onlyTls && found.scheme !== 'https') {
    return `has the address ${shown}; a client certificate is shown over https:// alone`;
  }
  if (found.authority.includes('@')) {
    return 'has a user name in its address; name a credential in the place of it';
  }
  if (!isWhole || found.authority.includes('{{')) return undefined;
  return URL.canParse(`${found.scheme}://${found.authority}/`)
    ? undefined
    : `has the address ${shown}; ${example}`;
}
