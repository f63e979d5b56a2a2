import { FetchFault } from '../net/fetch-fault.ts';
import type { JsonClient } from '../net/json-client.ts';
import { type PublicKey, readPublicKey } from './public-keys.ts';

/** Where an issuer or a client publishes its keys. */
export type KeySource =
  | { readonly jwksUri: string }
  /** Address of the issuer's metadata (RFC 8414, OpenID Connect Discovery), which names the keys'. */
  | { readonly discovery: string; readonly issuer: string };

/** Keys in one document, at most. */
const MOST_KEYS = 100;

export interface FetchedKeys {
  readonly jwksUri: string;
  readonly keys: readonly PublicKey[];
  /** Keys in the document that are not taken. */
  readonly refused: readonly { readonly kid: string; readonly why: string }[];
}

/** What was fetched is not what it should be. The text is for administrators. */
export class KeysFault extends Error {
  readonly reason: 'metadata' | 'issuer_mismatch' | 'key_set';

  constructor(reason: KeysFault['reason'], detail: string) {
    super(detail);
    this.name = 'KeysFault';
    this.reason = reason;
  }
}

/**
 * Fetches a key set, for a discovery source the issuer's metadata before it.
 * @throws {FetchFault}
 * @throws {KeysFault}
 */
export async function fetchKeys(client: JsonClient, source: KeySource): Promise<FetchedKeys> {
  const jwksUri = 'jwksUri' in source ? source.jwksUri : await discover(client, source);
  const document = await client.get(jwksUri);
  const listed = membersOf(document)['keys'];
  if (!Array.isArray(listed)) {
    throw new KeysFault('key_set', `${jwksUri} holds no key set: there is no array keys.`);
  }
  if (listed.length > MOST_KEYS) {
    throw new KeysFault(
      'key_set',
      `${jwksUri} has ${listed.length} keys; at most ${MOST_KEYS} are taken.`,
    );
  }
  const keys: PublicKey[] = [];
  const refused: { kid: string; why: string }[] = [];
  for (const jwk of listed as unknown[]) {
    const read = readPublicKey(membersOf(jwk));
    if (typeof read === 'string') refused.push({ kid: kidOf(jwk), why: read });
    else keys.push(read);
  }
  return { jwksUri, keys, refused };
}

/** RFC 8414 section 3.3: metadata that names another issuer must not be used. */
async function discover(
  client: JsonClient,
  { discovery, issuer }: { readonly discovery: string; readonly issuer: string },
): Promise<string> {
  const { issuer: named, jwks_uri: jwksUri } = membersOf(await client.get(discovery));
  if (typeof named !== 'string' || typeof jwksUri !== 'string') {
    throw new KeysFault(
      'metadata',
      `${discovery} holds no metadata of an issuer: it names no issuer and jwks_uri.`,
    );
  }
  if (named !== issuer) {
    throw new KeysFault(
      'issuer_mismatch',
      `${discovery} is the metadata of ${named.slice(0, 300)}, not of ${issuer}. Give the address of this issuer's own metadata.`,
    );
  }
  return jwksUri;
}

/** For the log and for whoever may change the source; anything else is not about the source. */
export function isSourceFault(error: unknown): error is FetchFault | KeysFault {
  return error instanceof FetchFault || error instanceof KeysFault;
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

function kidOf(jwk: unknown): string {
  const { kid } = membersOf(jwk);
  return typeof kid === 'string' ? kid.slice(0, 200) : '';
}
