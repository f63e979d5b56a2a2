import type { StoredSecret } from '../client.ts';
import { deriveHash, type RandomBytes } from '../secrets.ts';
import type { Password } from './user.ts';

const SHORTEST = 12;
const LONGEST = 256;

/**
 * The form of a password that is kept and compared: keyboards write one character in several ways
 * (RFC 8265 section 4.2.2).
 */
export const normalPassword = (text: string): string => text.normalize('NFC');

/**
 * Why a password is refused, as a sentence that never holds it; undefined for a good one. Characters
 * are code points. There are no rules of composition (NIST SP 800-63B section 3.1.1.2).
 */
export function findFaultInPassword(text: string, user: string): string | undefined {
  const password = normalPassword(text);
  const length = Array.from(password).length;
  if (length < SHORTEST || length > LONGEST) {
    return `A password has ${SHORTEST} to ${LONGEST} characters.`;
  }
  if (/[\p{Cc}\p{Cs}]/u.test(password)) return 'A password has no control characters.';
  if (password.toLowerCase().includes(user.toLowerCase())) {
    return 'A password does not contain the user name.';
  }
  return undefined;
}

/** A password that {@link findFaultInPassword} has let through. */
export async function hashPassword(
  text: string,
  mustChange: boolean,
  random: RandomBytes,
): Promise<Password> {
  const salt = random(16);
  const hash = await deriveHash(normalPassword(text), salt);
  return {
    kind: 'password',
    hash: hash.toString('base64url'),
    salt: salt.toString('base64url'),
    mustChange,
  };
}

/** Letters and digits that are not taken for each other. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Four groups of five characters, 99 bits, to be read out or typed once. */
export function generatePassword(random: RandomBytes): string {
  let text = '';
  while (text.length < 23) {
    if (text.length % 6 === 5) text += '-';
    const index = (random(1)[0] ?? 0) & 31;
    // Of 32 values one is no letter: every letter stays equally likely.
    text += ALPHABET[index] ?? '';
  }
  return text;
}

/** A password as `SecretVerifier` takes it. */
export function asSecret({ hash, salt }: Pick<Password, 'hash' | 'salt'>): StoredSecret {
  return {
    kind: 'scrypt',
    secretId: 'password',
    lastFour: '',
    createdAt: 0,
    expiresAt: undefined,
    hash,
    salt,
  };
}
