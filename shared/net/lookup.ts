import { lookup, type LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { promisify } from 'node:util';

/** All addresses of a host name; rejects, or is empty, if it has none. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

/**
 * Milliseconds for a question to a name server, twice as many for the second try: a server that answers
 * for one family alone leaves the better half of the time for the rest.
 */
const TIMEOUT_MS = 750;
const TRIES = 2;

/**
 * Asks name servers themselves. The system's look-up holds one of four threads until it gives up, so
 * that a few names whose servers do not answer would hold up everything else that needs one; this
 * holds none. Names of the hosts file, which are not public, are not found.
 * @param servers `address:port`; those of the system unless told.
 */
export function lookupByNameServer(servers?: readonly string[]): Lookup {
  return async (host) => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
    return [
      ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
      ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
    ];
  };
}

/** As the system does it, hosts file included: for hosts inside. */
export const lookupBySystem: Lookup = async (host) => promisify(lookup)(host, { all: true });
