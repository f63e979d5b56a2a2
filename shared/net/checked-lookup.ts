import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { FetchFault } from './fetch-fault.ts';
import { type Lookup, lookupByNameServer, lookupBySystem } from './lookup.ts';
import { IS_PRIVATE } from './outbound-url.ts';
import { isPrivateHost, type PrivateHosts } from './private-hosts.ts';
import { isMetadataAddress, isPublicAddress } from './public-address.ts';

export interface LookupDeps {
  readonly privateHosts: PrivateHosts;
  /** In the place of {@link lookupByNameServer}, and for hosts inside of {@link lookupBySystem}. */
  readonly lookup?: Lookup;
}

/**
 * In the place of the resolver, for the socket of one connection: the name is looked up once, each
 * of its addresses is checked, and the socket gets those and no others. A name that changes its
 * address in between gains nothing. The socket fails with the {@link FetchFault}.
 * @param shown how faults name the URL.
 */
export function checkedLookup(url: URL, shown: string, deps: LookupDeps): LookupFunction {
  return (host, options, callback) => {
    findAddresses(url, host, shown, deps).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, ''),
    );
  };
}

async function findAddresses(
  url: URL,
  host: string,
  shown: string,
  { privateHosts, lookup }: LookupDeps,
): Promise<readonly LookupAddress[]> {
  const isInside = isPrivateHost(url, privateHosts);
  const find = lookup ?? (isInside ? lookupBySystem : lookupByNameServer());
  const addresses = await find(host).catch((cause: unknown) => {
    throw new FetchFault('dns', shown, 'has a host whose name has no address.', cause);
  });
  const refused = addresses.find(({ address }) =>
    isInside ? isMetadataAddress(address) : !isPublicAddress(address),
  );
  if (refused !== undefined) {
    const found = `leads to ${refused.address}, which ${IS_PRIVATE}`;
    throw new FetchFault('private_address', shown, found);
  }
  if (addresses.length === 0) {
    throw new FetchFault('dns', shown, 'has a host whose name has no address.');
  }
  return addresses;
}
