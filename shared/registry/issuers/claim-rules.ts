import type { ClaimMatch, TrustedIssuer } from './issuer.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Whom a token of a trusted issuer speaks for here. */
export type Identity =
  | { readonly kind: 'client'; readonly clientId: string }
  | { readonly kind: 'user'; readonly user: string }
  /** Nobody; `why` is for whoever sent the token. */
  | { readonly kind: 'nobody'; readonly why: string };

/** Beside letters and digits what identity providers have in identifiers; never a separator of paths. */
const USER = /^[A-Za-z0-9][A-Za-z0-9._@+:|=,~-]{0,199}$/;
/** Names that are not for people: those of clients, and the actor of what nobody has asked for. */
const RESERVED = /^(oauth_client_.*|system)$/i;
/** Claims that hold several values with spaces between them (RFC 6749 section 3.3). */
const SPACED = ['scope', 'scp'];

/** Applies the rules of an issuer to the claims of a token of it. */
export function identify(issuer: TrustedIssuer, claims: Claims): Identity {
  const missing = issuer.requiredClaims.find((rule) => !matches(rule, claims));
  if (missing !== undefined) {
    const wanted = missing.value === undefined ? '' : ` with the value ${missing.value}`;
    return nobody(
      `The token has no claim ${missing.claim}${wanted}, which its issuer's rules ask for.`,
    );
  }
  const rule = issuer.clientRules.find((one) => matches(one, claims));
  if (rule !== undefined) return { kind: 'client', clientId: rule.clientId };
  const { userClaim, userPrefix } = issuer;
  if (userClaim === undefined) {
    return nobody('None of the rules for clients of its issuer fits the token.');
  }
  if (/^\/?email$/.test(userClaim) && !isTrue(claims['email_verified'])) {
    // Where people edit their address themselves, anybody's could be in it (OpenID Connect Core 5.7).
    return nobody('The issuer does not say that it has verified the address in the claim email.');
  }
  const [value, ...others] = valuesOf(claims, userClaim);
  if (value === undefined || others.length > 0) {
    return nobody(`The token has no single value in the claim ${userClaim}, which names its user.`);
  }
  const user = userPrefix + value;
  if (isForeignUser(user)) return { kind: 'user', user };
  return nobody(
    `The claim ${userClaim} of the token makes no user name: it has 1 to 200 letters, digits and . _ @ + : | = , ~ -, begins with a letter or digit, and is no client's.`,
  );
}

/** Some providers write it as text. */
const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** The roles that an issuer gives by a token, beside those that are assigned to its user. */
export function rolesGivenBy({ roleClaim, roleRules }: TrustedIssuer, claims: Claims): string[] {
  if (roleClaim === undefined) return [];
  const values = new Set(valuesOf(claims, roleClaim));
  return [...new Set(roleRules.filter((rule) => values.has(rule.value)).map((rule) => rule.role))];
}

/** Whether a user of this name may come out of an issuer's claims. */
export function isForeignUser(user: string): boolean {
  return USER.test(user) && !RESERVED.test(user);
}

function matches({ claim, value }: ClaimMatch, claims: Claims): boolean {
  const values = valuesOf(claims, claim);
  return value === undefined ? values.length > 0 : values.includes(value);
}

/** The values of a claim as text; none for a claim that is not there or holds anything else. */
function valuesOf(claims: Claims, claim: string): readonly string[] {
  const found = claim.startsWith('/') ? inside(claims, claim) : memberOf(claims, claim);
  if (typeof found === 'string' && SPACED.includes(claim)) {
    return found.split(' ').filter((one) => one !== '');
  }
  return [found].flat().flatMap((one) => {
    if (typeof one === 'string') return one === '' ? [] : [one];
    return typeof one === 'number' || typeof one === 'boolean' ? [String(one)] : [];
  });
}

/** RFC 6901 section 4. */
function inside(claims: Claims, pointer: string): unknown {
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(memberOf, claims);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Claims)[name];
}

const nobody = (why: string): Identity => ({ kind: 'nobody', why });
