import { hash, scrypt, timingSafeEqual } from 'node:crypto';
import type { StoredSecret } from './client.ts';

/** Cryptographically strong random bytes. */
export type RandomBytes = (size: number) => Buffer;

/** A secret at the one moment when its text is known, to be shown once. */
export interface NewSecret {
  readonly text: string;
  readonly stored: StoredSecret;
}

interface SecretTimes {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
}

/** Secrets of one client that may be alive at once: one to use, one to move to. */
export const MOST_SECRETS = 2;

/**
 * Why a chosen secret is refused, as a sentence for the caller that never holds the secret;
 * undefined for a good one. Characters are code points. Nothing is normalised: the bytes count.
 */
export function findFaultInSecret(text: string, clientId: string): string | undefined {
  const length = Array.from(text).length;
  if (length < 16 || length > 256) {
    return 'A client_secret has 16 to 256 characters. Leave it out to have a strong one made.';
  }
  if (/[\p{Cc}\p{Cs}]/u.test(text)) {
    return 'A client_secret has no control characters and no half surrogate pairs.';
  }
  if (text.includes(clientId)) return 'A client_secret must not contain the client id.';
  return undefined;
}

/** 256 random bits in base64url, which need no slow hash. */
export function generateSecret(random: RandomBytes, times: SecretTimes): NewSecret {
  const text = random(32).toString('base64url');
  const hash = sha256(text).toString('base64url');
  return { text, stored: { ...describe(text, random, times), kind: 'sha256', hash } };
}

/** A secret that a person chose, which {@link findFaultInSecret} has let through. */
export async function hashChosenSecret(
  text: string,
  random: RandomBytes,
  times: SecretTimes,
): Promise<NewSecret> {
  const salt = random(16);
  const hash = (await deriveHash(text, salt)).toString('base64url');
  return {
    text,
    stored: {
      ...describe(text, random, times),
      kind: 'scrypt',
      hash,
      salt: salt.toString('base64url'),
    },
  };
}

function describe(text: string, random: RandomBytes, times: SecretTimes) {
  return {
    secretId: random(8).toString('hex'),
    lastFour: Array.from(text).slice(-4).join(''),
    createdAt: times.createdAt,
    expiresAt: times.expiresAt,
  };
}

/**
 * Which of a client's secrets it uses and which one it moves to: of two that are alive the older and
 * the newer. Secrets are in the order in which they were made.
 */
export function secretsInUse(
  secrets: readonly StoredSecret[],
  now: number,
): { readonly current: StoredSecret | undefined; readonly next: StoredSecret | undefined } {
  const [current, next] = secrets.filter((secret) => isAlive(secret, now));
  return { current, next };
}

export function isAlive(secret: StoredSecret, now: number): boolean {
  return secret.expiresAt === undefined || now < secret.expiresAt;
}

export function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** scrypt (RFC 7914) with N=16384, r=8, p=1: some 40 ms and 16 MiB, on libuv's threads. */
export function deriveHash(text: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(text, salt, 32, { N: 16_384, r: 8, p: 1 }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** Constant-time for hashes of one length, which all of one kind have. */
export function equalsHash(computed: Buffer, storedBase64url: string): boolean {
  const stored = Buffer.from(storedBase64url, 'base64url');
  return computed.length === stored.length && timingSafeEqual(computed, stored);
}
