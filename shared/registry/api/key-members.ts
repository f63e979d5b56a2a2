import { createPublicKey } from 'node:crypto';
import * as z from 'zod/mini';
import type { CertificateSubject, JsonWebKeySet } from '../client.ts';

/** Keys of one client, at most. */
const MOST_KEYS = 10;
/** Members of a private or shared key (RFC 7518 section 6): nobody but its owner may have them. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const LEAST_RSA_BITS = 2048;
const MOST_RSA_BITS = 8192;

const key = z.record(z.string(), z.unknown(), 'A key is an object (RFC 7517 section 4).').check(
  z.superRefine((jwk, context) => {
    const fault = findFaultInKey(jwk);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  }),
);

/** Public keys of a client (RFC 7591 section 2). */
export const jwks = z.pipe(
  z
    .object(
      {
        keys: z
          .array(key, 'keys is an array of public keys.')
          .check(
            z.minLength(1, 'keys holds at least one public key.'),
            z.maxLength(MOST_KEYS, `keys has at most ${MOST_KEYS} entries.`),
          ),
      },
      'jwks is a key set (RFC 7517 section 5): an object with the member keys.',
    )
    .check(
      z.refine(
        (set) => JSON.stringify(set).length <= 16_000,
        'jwks has at most 16,000 characters. Register a jwks_uri for more.',
      ),
    ),
  z.transform((set): JsonWebKeySet => ({ keys: set.keys })),
);

/** What is wrong with a public key for signatures; undefined if nothing is. */
function findFaultInKey(jwk: Readonly<Record<string, unknown>>): string | undefined {
  if (PRIVATE_MEMBERS.some((name) => name in jwk)) {
    return 'A private or shared key does not belong here: it is no secret any more now, so make a new one, and register its public part.';
  }
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return 'The use of a key is sig.';
  if (jwk['kid'] !== undefined && (typeof jwk['kid'] !== 'string' || jwk['kid'].length > 200)) {
    return 'A kid is text of at most 200 characters.';
  }
  try {
    const made = createPublicKey({ key: jwk, format: 'jwk' });
    return findFaultInStrength(made.asymmetricKeyType, made.asymmetricKeyDetails);
  } catch {
    return 'This is no public key that this server can read: RSA, EC with P-256, P-384 or P-521, or Ed25519.';
  }
}

function findFaultInStrength(
  type: string | undefined,
  details: { readonly modulusLength?: number; readonly namedCurve?: string } | undefined,
): string | undefined {
  switch (type) {
    case 'rsa': {
      const bits = details?.modulusLength ?? 0;
      if (bits >= LEAST_RSA_BITS && bits <= MOST_RSA_BITS) return undefined;
      return `An RSA key has ${LEAST_RSA_BITS} to ${MOST_RSA_BITS} bits (RFC 7518 section 3.3).`;
    }
    case 'ec':
      return ['prime256v1', 'secp384r1', 'secp521r1'].includes(details?.namedCurve ?? '')
        ? undefined
        : 'The curve of an EC key is P-256, P-384 or P-521 (RFC 7518 section 3.4).';
    case 'ed25519':
      return undefined;
    default:
      return 'A key is RSA, EC or Ed25519.';
  }
}

export const jwksUri = z.string('jwks_uri is text.').check(
  z.maxLength(1000, 'jwks_uri has at most 1000 characters.'),
  z.refine(
    (uri) => /^[\x21-\x7e]+$/.test(uri) && isFetchable(uri),
    'jwks_uri is an https address without user and fragment.',
  ),
);

/** http is refused when it is fetched, unless the settings name its host. */
function isFetchable(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, username, password, hash } = new URL(uri);
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === '';
}

const subject = (name: string) =>
  z.optional(
    z.string(`${name} is text.`).check(
      z.minLength(1, `${name} is not empty.`),
      z.maxLength(1000, `${name} has at most 1000 characters.`),
      z.refine((value) => !/\p{Cc}/u.test(value), `${name} has no control characters.`),
    ),
  );

/** RFC 8705 section 2.1.2. */
export const certificateSubjectMembers = {
  tls_client_auth_subject_dn: subject('tls_client_auth_subject_dn'),
  tls_client_auth_san_dns: subject('tls_client_auth_san_dns'),
  tls_client_auth_san_uri: subject('tls_client_auth_san_uri'),
  tls_client_auth_san_ip: subject('tls_client_auth_san_ip'),
  tls_client_auth_san_email: subject('tls_client_auth_san_email'),
};

type SubjectMember = keyof typeof certificateSubjectMembers;
const SUBJECT_MEMBERS: readonly (readonly [SubjectMember, CertificateSubject['kind']])[] = [
  ['tls_client_auth_subject_dn', 'subject_dn'],
  ['tls_client_auth_san_dns', 'san_dns'],
  ['tls_client_auth_san_uri', 'san_uri'],
  ['tls_client_auth_san_ip', 'san_ip'],
  ['tls_client_auth_san_email', 'san_email'],
];

/** How many of the members are there: one is right, for a client that authenticates by them. */
export function countCertificateSubjects(
  members: Readonly<Partial<Record<SubjectMember, string | undefined>>>,
): number {
  return SUBJECT_MEMBERS.filter(([name]) => members[name] !== undefined).length;
}

/** The first of the members that is there. */
export function readCertificateSubject(
  members: Readonly<Partial<Record<SubjectMember, string | undefined>>>,
): CertificateSubject | undefined {
  for (const [name, kind] of SUBJECT_MEMBERS) {
    const value = members[name];
    if (value !== undefined) return { kind, value };
  }
  return undefined;
}
