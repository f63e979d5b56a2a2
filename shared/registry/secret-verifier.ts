import { createHmac } from 'node:crypto';
import type { Clock } from '../config/clock.ts';
import { Fault } from '../http/fault.ts';
import type { SecretHolder, SecretVerifier, StoredSecret } from './client.ts';
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

type ChosenSecret = StoredSecret & { readonly kind: 'scrypt' };

/** One reading of what was presented, held against one secret. */
interface Attempt {
  readonly secret: ChosenSecret;
  readonly reading: string;
  readonly name: string;
}

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
  const lane = openLane(AT_ONCE, MOST_WAITING);
  const derive = options.derive ?? deriveHash;

  const remember = (key: string): void => {
    accepted.delete(key);
    accepted.add(key);
    if (accepted.size > REMEMBERED_SECRETS) {
      const oldest = accepted.keys().next();
      if (!oldest.done) accepted.delete(oldest.value);
    }
  };

  /** Names a reading of a secret in memory; the hash is part of it, so a replaced secret is not. */
  const nameOf = (clientId: string, secret: ChosenSecret, reading: string): string =>
    createHmac('sha256', memoryKey)
      .update(JSON.stringify([clientId, secret.secretId, secret.hash, reading]))
      .digest('base64');

  const matches = async ({ secret, reading, name }: Attempt): Promise<boolean> => {
    // A burst of one client's first requests costs one computation.
    let computing = underWay.get(name);
    if (computing === undefined) {
      computing = lane
        .run(() => derive(reading, Buffer.from(secret.salt, 'base64url')))
        .then((computed) => equalsHash(computed, secret.hash))
        .finally(() => underWay.delete(name));
      underWay.set(name, computing);
    }
    const matching = await computing;
    if (matching) remember(name);
    return matching;
  };

  return {
    async verify(client: SecretHolder | undefined, presented) {
      const readings = [...new Set(presented)];
      if (client === undefined) {
        for (const reading of readings) equalsHash(sha256(reading), NOBODY);
        lane.requireRoom();
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
      const attempts = client.secrets
        .filter((secret) => secret.kind === 'scrypt')
        .flatMap((secret) =>
          readings
            .filter((reading) => Buffer.byteLength(reading, 'utf8') <= MOST_BYTES)
            .map((reading) => ({
              secret,
              reading,
              name: nameOf(client.clientId, secret, reading),
            })),
        );
      // Then memory, before anything is computed for another secret or another reading.
      for (const { secret, name } of attempts) {
        if (!accepted.has(name)) continue;
        remember(name);
        if (isAlive(secret, now)) return 'accepted';
        expired = true;
      }
      const unknown = attempts.filter(({ name }) => !accepted.has(name));
      // Side by side: two secrets and two readings of one take little longer than a single one, so
      // that the time of a refusal does not tell how much there was to compare.
      const outcomes = await Promise.allSettled(unknown.map(matches));
      const matching = unknown.filter((_, i) => isMatch(outcomes[i])).map(({ secret }) => secret);
      if (matching.some((secret) => isAlive(secret, now))) return 'accepted';
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      if (unknown.length === 0) lane.requireRoom();
      return expired || matching.length > 0 ? 'expired' : 'wrong';
    },
  };
}

const isMatch = (outcome: PromiseSettledResult<boolean> | undefined): boolean =>
  outcome?.status === 'fulfilled' && outcome.value;

interface Lane {
  run<T>(compute: () => Promise<T>): Promise<T>;
  /**
   * Refuses what needs no computation while one would be refused, so that a full lane does not tell
   * which clients there are.
   * @throws {Fault} 503
   */
  requireRoom(): void;
}

/** Runs at most `atOnce` computations, lets `mostWaiting` more wait in turn, refuses the rest. */
function openLane(atOnce: number, mostWaiting: number): Lane {
  let running = 0;
  const waiting: (() => void)[] = [];
  const requireRoom = (): void => {
    if (running >= atOnce && waiting.length >= mostWaiting) {
      throw Fault.unavailable('Too many clients are signing in at once. Try again.', 1);
    }
  };
  return {
    requireRoom,
    async run(compute) {
      requireRoom();
      if (running < atOnce) running += 1;
      // Whoever ends hands its place on, so `running` stays as it is.
      else await new Promise<void>((proceed) => waiting.push(proceed));
      try {
        return await compute();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}
