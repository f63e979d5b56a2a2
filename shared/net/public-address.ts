import { BlockList, isIP } from 'node:net';

/**
 * Addresses that the public Internet does not route, by IANA's registries of special-purpose
 * addresses (RFC 6890), and those that mean something else inside a cloud.
 */
const NOT_PUBLIC_IPV4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8], // this host
  ['10.0.0.0', 8], // private (RFC 1918)
  ['100.64.0.0', 10], // carrier-grade NAT (RFC 6598)
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // Azure's platform, reachable from inside only
  ['169.254.0.0', 16], // link-local, where clouds keep their metadata
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // IETF protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
];

/**
 * Within global unicast (2000::/3): blocks that are no host's own address, or that lead to an IPv4
 * address of the sender's choice. All outside of 2000::/3 is refused as a whole: loopback, mapped
 * and NAT64 addresses (64:ff9b::/96), unique local, link-local, multicast.
 */
const NOT_PUBLIC_IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23], // IETF protocol assignments, Teredo among them
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4
  ['3fff::', 20], // documentation
];

const notPublic = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_IPV4) notPublic.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of NOT_PUBLIC_IPV6) notPublic.addSubnet(network, prefix, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/**
 * Whether a server of ours may connect to this address for somebody else's sake. Whatever is not
 * known to be public is not, a text that is no IP address included.
 * @param address as `dns.lookup` gives it: IPv4 with four decimal numbers, IPv6 without brackets.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublic.check(address, 'ipv4');
    case 6:
      // A zone (RFC 4007) goes with link-local addresses only.
      return (
        !address.includes('%') &&
        globalUnicast.check(address, 'ipv6') &&
        !notPublic.check(address, 'ipv6')
      );
    default:
      return false;
  }
}

/** Where clouds tell a machine its secrets, and what is reached on the machine's own link alone. */
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4');
metadata.addAddress('168.63.129.16', 'ipv4');
metadata.addSubnet('fe80::', 10, 'ipv6');
// The same through a NAT64 gateway (RFC 6052).
metadata.addSubnet('64:ff9b::169.254.0.0', 112, 'ipv6');
metadata.addAddress('64:ff9b::168.63.129.16', 'ipv6');
metadata.addAddress('fd00:ec2::254', 'ipv6');
metadata.addAddress('fd20:ce::254', 'ipv6');

/**
 * Whether a name may not lead to this address even where it is named as inside: no system that
 * somebody integrates is there, and who controls the name server would read the machine's identity.
 */
export function isMetadataAddress(address: string): boolean {
  const [plain = ''] = address.split('%');
  const family = isIP(plain);
  return family === 0 || metadata.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}
