import { createHmac } from 'node:crypto';
import type { Clock } from '../config/clock.ts';
import { Fault } from '../http/fault.ts';
import type { Client, SecretVerifier, StoredSecret } from './client.ts';
import { deriveHash, equalsHash, isAlive, type RandomBytes, sha256 } from './secrets.ts';

/** Accepted secrets that one instance remembers, at most; the least recently used one goes first. */
export const REMEMBERED_SECRETS = 10_000;
/** scrypt computations at once: one of libuv's four threads stays free for DNS and files. */
const AT_ONCE = 3;
/** Computations that may wait: about a second's worth. */
const MOST_WAITING = 60;
/** No chosen secret is longer: 256 characters of four bytes. */
const MOST_BYTES = 1024;
/** Compared with what is presented for a client that does not exist. */
const NOBODY = sha256('').toString('base64url');

export interface SecretVerifierOptions {
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** The slow hash; scrypt unless told. */
  readonly derive?: typeof deriveHash;
}

/** The {@link SecretVerifier} of one instance; its memory is keyed with random bytes of its own. */
export function createSecretVerifier(options: SecretVerifierOptions): SecretVerifier {
  const { clock } = options;
  const memoryKey = options.random(32);
  const accepted = new Set<string>();
  const underWay = new Map<string, Promise<boolean>>();
  const inLane = limitComputations(AT_ONCE, MOST_WAITING);
  const derive = options.derive ?? deriveHash;

  const remember = (key: string): void => {
    accepted.delete(key);
    accepted.add(key);
    if (accepted.size > REMEMBERED_SECRETS) {
      const oldest = accepted.keys().next();
      if (!oldest.done) accepted.delete(oldest.value);
    }
  };

  const matchesChosen = async (
    clientId: string,
    secret: StoredSecret & { readonly kind: 'scrypt' },
    reading: string,
  ): Promise<boolean> => {
    if (Buffer.byteLength(reading, 'utf8') > MOST_BYTES) return false;
    // The hash is part of the key, so a replaced secret is not accepted from memory.
    const key = createHmac('sha256', memoryKey)
      .update(JSON.stringify([clientId, secret.secretId, secret.hash, reading]))
      .digest('base64');
    if (accepted.has(key)) {
      remember(key);
      return true;
    }
    // A burst of one client's first requests costs one computation.
    let computing = underWay.get(key);
    if (computing === undefined) {
      computing = inLane(() => derive(reading, Buffer.from(secret.salt, 'base64url')))
        .then((computed) => equalsHash(computed, secret.hash))
        .finally(() => underWay.delete(key));
      underWay.set(key, computing);
    }
    const matches = await computing;
    if (matches) remember(key);
    return matches;
  };

  return {
    async verify(client: Client | undefined, presented) {
      const readings = [...new Set(presented)];
      if (client === undefined) {
        for (const reading of readings) equalsHash(sha256(reading), NOBODY);
        return 'wrong';
      }
      const now = clock.now();
      let expired = false;
      // The quick ones first: a generated secret never waits for scrypt.
      for (const secret of client.secrets) {
        if (secret.kind !== 'sha256') continue;
        if (!readings.some((reading) => equalsHash(sha256(reading), secret.hash))) continue;
        if (isAlive(secret, now)) return 'accepted';
        expired = true;
      }
      for (const secret of client.secrets) {
        if (secret.kind !== 'scrypt') continue;
        for (const reading of readings) {
          if (!(await matchesChosen(client.clientId, secret, reading))) continue;
          if (isAlive(secret, now)) return 'accepted';
          expired = true;
        }
      }
      return expired ? 'expired' : 'wrong';
    },
  };
}

/** Runs at most `atOnce` computations, lets `mostWaiting` more wait in turn, refuses the rest. */
function limitComputations(atOnce: number, mostWaiting: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(compute: () => Promise<T>): Promise<T> => {
    if (running < atOnce) {
      running += 1;
    } else {
      if (waiting.length >= mostWaiting) {
        throw Fault.unavailable('Too many clients are signing in at once. Try again.', 1);
      }
      // Whoever ends hands its place on, so `running` stays as it is.
      await new Promise<void>((proceed) => waiting.push(proceed));
    }
    try {
      return await compute();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
