import { isIP } from 'node:net';
import * as z from 'zod/mini';
import { readPublicKey } from '../../jwt/public-keys.ts';
import { parseName } from '../../x509/distinguished-name.ts';
import type { CertificateSubject, JsonWebKeySet } from '../client.ts';

/** Keys of one client, at most. */
const MOST_KEYS = 10;

const key = z.record(z.string(), z.unknown(), 'A key is an object (RFC 7517 section 4).').check(
  z.superRefine((jwk, context) => {
    const read = readPublicKey(jwk);
    if (typeof read === 'string') context.addIssue({ code: 'custom', message: read });
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

const subject = (name: string, isFit: (value: string) => boolean = () => true, what = 'text') =>
  z.optional(
    z.string(`${name} is text.`).check(
      z.minLength(1, `${name} is not empty.`),
      z.maxLength(1000, `${name} has at most 1000 characters.`),
      z.refine((value) => !/\p{Cc}/u.test(value), `${name} has no control characters.`),
      z.refine(isFit, `${name} is ${what}.`),
    ),
  );

const isName = (text: string): boolean => parseName(text) !== undefined;

/** RFC 8705 section 2.1.2. */
export const certificateSubjectMembers = {
  tls_client_auth_subject_dn: subject(
    'tls_client_auth_subject_dn',
    isName,
    'a name in the form of RFC 4514, such as CN=partner,O=Example,C=DE',
  ),
  tls_client_auth_san_dns: subject('tls_client_auth_san_dns'),
  tls_client_auth_san_uri: subject('tls_client_auth_san_uri'),
  tls_client_auth_san_ip: subject(
    'tls_client_auth_san_ip',
    (text) => isIP(text) !== 0,
    'an IPv4 or IPv6 address',
  ),
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
