/** An address of a sender channel, below `/http`. */
export interface Address {
  /** As configured. */
  readonly text: string;
  /** Its segments in lower case, without the `*`: addresses are compared without regard to case. */
  readonly segments: readonly string[];
  /** It ends in `/*` and serves what stands before that and everything below. */
  readonly wildcard: boolean;
}

export const MAX_ADDRESS_LENGTH = 500;

/**
 * Parses an address (SAP Help: HTTPS Sender Adapter). A trailing slash is of no account.
 * @returns a sentence when it is not one.
 */
export function parseAddress(text: string): Address | string {
  const quoted = JSON.stringify(text.slice(0, 200));
  if (!text.startsWith('/') || text === '/' || text === '/*') {
    return `The address ${quoted} must begin with / and name something below it.`;
  }
  if (text.length > MAX_ADDRESS_LENGTH) {
    return `The address ${quoted} has more than ${MAX_ADDRESS_LENGTH} characters.`;
  }
  const wildcard = text.endsWith('/*');
  const path = wildcard ? text.slice(1, -2) : text.slice(1).replace(/\/$/, '');
  if (path.includes('*')) return `The address ${quoted} may have * only at its end, after a /.`;
  if (!/^[A-Za-z0-9_/~.$-]*$/.test(path)) {
    return `The address ${quoted} may have letters, digits and the signs / _ ~ - . $ * only.`;
  }
  if (path.includes('$', 1)) return `The address ${quoted} may have $ only after its first /.`;
  const segments = path.toLowerCase().split('/');
  if (segments.some((s) => s === '' || s === '.' || s === '..')) {
    return `The address ${quoted} has an empty part, or one that is . or .. only.`;
  }
  if (/^[.~-]/.test(path)) return `The address ${quoted} must not begin with . - or ~ after its /.`;
  if (segments[0]?.includes('~')) return `The address ${quoted} has a ~ in its first part.`;
  return { text, segments, wildcard };
}

/**
 * Whether only one of them can be deployed (SAP Help, HTTPS Sender Adapter): a path exists that both
 * would serve. The path right above `/*` does not count, an address of its own takes it from there.
 */
export function overlaps(a: Address, b: Address): boolean {
  const sameUpTo = (length: number): boolean =>
    a.segments.slice(0, length).every((segment, i) => segment === b.segments[i]);
  if (a.wildcard && b.wildcard) return sameUpTo(Math.min(a.segments.length, b.segments.length));
  if (a.wildcard) return b.segments.length > a.segments.length && sameUpTo(a.segments.length);
  if (b.wildcard) return overlaps(b, a);
  return a.segments.length === b.segments.length && sameUpTo(a.segments.length);
}

export interface AddressTable<T> {
  /**
   * What serves a path: the exact address, else the longest wildcard that ends there or above, as
   * Camel serves what begins with an address (SAP Help, HTTPS Sender Adapter: `/*` means that URIs
   * with the prefix before it are supported). Costs as much as the
   * path has segments, however many addresses there are.
   * @param path as it stands in the URL after `/http`, beginning with `/`. Each segment is
   *   percent-decoded once, after the path was split: `%2F` separates nothing and stays as it is.
   * @returns undefined when nothing serves it, and for a path that is malformed.
   */
  find(path: string): { readonly entry: T; readonly wildcardTail: string } | undefined;
}

interface Branch<T> {
  readonly below: Map<string, Branch<T>>;
  exact?: { readonly entry: T };
  wildcard?: { readonly entry: T };
}

/** Where two entries have the same address, the first one counts. Invalid addresses serve nothing. */
export function buildAddressTable<T>(
  list: Iterable<{ readonly address: string; readonly entry: T }>,
): AddressTable<T> {
  const root: Branch<T> = { below: new Map() };
  for (const { address, entry } of list) {
    const parsed = parseAddress(address);
    if (typeof parsed === 'string') continue;
    let branch = root;
    for (const segment of parsed.segments) {
      let next = branch.below.get(segment);
      if (next === undefined) {
        next = { below: new Map() };
        branch.below.set(segment, next);
      }
      branch = next;
    }
    if (parsed.wildcard) branch.wildcard ??= { entry };
    else branch.exact ??= { entry };
  }
  return { find: (path) => findBranch(root, path) };
}

function findBranch<T>(root: Branch<T>, path: string): ReturnType<AddressTable<T>['find']> {
  const decoded = decodePath(path);
  if (decoded === undefined) return undefined;
  let branch: Branch<T> | undefined = root;
  let wildcard: { entry: T; depth: number } | undefined;
  for (const [depth, segment] of decoded.entries()) {
    if (branch?.wildcard !== undefined) wildcard = { entry: branch.wildcard.entry, depth };
    branch = branch?.below.get(segment.toLowerCase());
  }
  const served = branch?.exact ?? branch?.wildcard;
  if (served !== undefined) return { entry: served.entry, wildcardTail: '' };
  if (wildcard === undefined) return undefined;
  return { entry: wildcard.entry, wildcardTail: decoded.slice(wildcard.depth).join('/') };
}

/**
 * The decoded segments of a path that a call may have, without a slash at the end; undefined for one
 * that no address can serve.
 */
export function decodePath(path: string): readonly string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  const decoded: string[] = [];
  for (const raw of path.slice(1).replace(/\/$/, '').split('/')) {
    const segment = decodeSegment(raw);
    if (segment === undefined) return undefined;
    decoded.push(segment);
  }
  return decoded;
}

/** Undefined for what is malformed or names a place of its own: empty, `.` and `..`. */
function decodeSegment(raw: string): string | undefined {
  let segment = raw;
  if (raw.includes('%')) {
    try {
      segment = raw
        .split(/(%2f)/i)
        .map((part, i) => (i % 2 === 1 ? part : decodeURIComponent(part)))
        .join('');
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
      return undefined;
    }
  }
  const unsafe = segment === '' || segment === '.' || segment === '..' || /\p{Cc}/u.test(segment);
  return unsafe ? undefined : segment;
}
