export interface AddressHint {
  readonly detail: string;
  readonly remedy: string;
}

/** Below this share of common characters two addresses have nothing to do with each other. */
const ALIKE = 0.6;

/**
 * Which of the addresses that are served was meant by a path that none of them serves; addresses are
 * compared without regard to case. Takes as long as there are characters in all addresses.
 */
export function nearestAddress(
  path: string,
  addresses: readonly string[],
): AddressHint | undefined {
  const wanted = path.toLowerCase().replace(/\/$/, '');
  const find = (test: (address: string) => boolean): string | undefined =>
    addresses.find((address) => test(address.toLowerCase()));

  const above = find((address) => wanted.startsWith(`${address}/`));
  if (above !== undefined) {
    return {
      detail: `The nearest address is ${above}, which serves nothing below itself.`,
      remedy: `Call /http${above}, or let the address of its HTTPS sender end in /* and deploy the iFlow again.`,
    };
  }
  const wildcard = find((address) => address === `${wanted}/*`);
  if (wildcard !== undefined) {
    return {
      detail: `The nearest address is ${wildcard}, which serves only what is below it.`,
      remedy: `Call /http${wildcard} with something in the place of the *.`,
    };
  }
  const doubled = wanted.startsWith('/http/')
    ? find((address) => address === wanted.slice('/http'.length))
    : undefined;
  if (doubled !== undefined) {
    return {
      detail: `An address is what follows /http: there is ${doubled}.`,
      remedy: `Call /http${doubled}; its diagnosis takes address=${doubled}.`,
    };
  }
  let nearest: string | undefined;
  let best = ALIKE;
  for (const address of addresses) {
    const likeness = compare(wanted, address.toLowerCase());
    if (likeness < best) continue;
    best = likeness;
    nearest = address;
  }
  if (nearest === undefined) return undefined;
  return {
    detail: `The nearest address is ${nearest}.`,
    remedy: `Call /http${nearest} if that is meant, or change the address of its HTTPS sender and deploy the iFlow again.`,
  };
}

/** The share of the longer text that a common beginning and a common end make up. */
function compare(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let beginning = 0;
  while (beginning < shorter && a[beginning] === b[beginning]) beginning += 1;
  let end = 0;
  while (end < shorter - beginning && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return (beginning + end) / Math.max(a.length, b.length, 1);
}
