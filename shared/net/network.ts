import { isIP } from 'node:net';

/**
 * Whom an address is counted as: itself for IPv4, its /64 for IPv6, since whoever has one address of
 * such a network has them all. IPv4 in IPv6's clothes is IPv4.
 * @returns '' for what is no address: nobody can be told from anybody else then.
 */
export function networkOf(address: string): string {
  switch (isIP(address)) {
    case 4:
      return address;
    case 6:
      return networkOfIPv6(address);
    default:
      return '';
  }
}

function networkOfIPv6(address: string): string {
  // The URL parser writes one address in one way (RFC 5952); it takes no zone (RFC 6874).
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = Array<string>(8 - left.length - right.length).fill('0');
  const groups = [...left, ...gap, ...right].map((group) => parseInt(group, 16));
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}
