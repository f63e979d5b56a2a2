import type { KeyObject } from 'node:crypto';
import { StaleCache } from '../cache/stale-cache.ts';
import type { Clock } from '../config/clock.ts';
import { Fault } from '../http/fault.ts';
import type { KeyStore, StoredRing } from './key-store.ts';
import {
  currentKey,
  type KeyStanding,
  planRotation,
  RING_FRESH_MS,
  RING_STALE_MS,
  type RotationRules,
  standingOf,
} from './rotation.ts';
import {
  makeKey,
  privateKeyOf,
  publicKeyOf,
  type SigningAlgorithm,
  type StoredKey,
} from './signing-key.ts';

export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

export interface VerificationKey {
  readonly alg: SigningAlgorithm;
  readonly publicKey: KeyObject;
}

/** The ring as storage held it a bounded time ago. */
export interface RingView {
  /** In storage's order; see `rotation.ts`. */
  readonly stored: readonly StoredKey[];
  readonly byKid: ReadonlyMap<string, VerificationKey>;
  /**
   * Keys whose private half does not open under the master key, with the fault that says so. Only who
   * holds the master key can make a row that opens, so nothing is believed that such a key has signed.
   */
  readonly unopened: ReadonlyMap<string, Fault>;
  readonly issuers: ReadonlySet<string>;
}

export interface KeyRing {
  /** `iss` of the tokens that are signed here. */
  readonly issuer: string;
  /** The ring, at most `maxAgeMs` (5 minutes unless told) old. The first use makes the first key. */
  view(maxAgeMs?: number): Promise<RingView>;
  /** @throws {Fault} 503 `master_key_mismatch`. */
  signingKey(): Promise<SigningKey>;
  /** Where every key stands, read from storage. */
  standings(): Promise<readonly KeyStanding[]>;
  /**
   * Makes the next key if one is due (or `force`, and none waits yet) and removes keys that no
   * token can have been signed with. Any number of instances may do it at once.
   * @returns the newest key and whether this call has made it.
   * @throws {Fault} 503 `master_key_mismatch`: a ring that cannot be opened gets no new key.
   */
  rotate(force?: boolean): Promise<{ readonly newest: KeyStanding; readonly made: boolean }>;
}

export interface KeyRingDeps {
  readonly store: KeyStore;
  readonly clock: Clock;
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
  /** Added to the ring's issuers on first use. */
  readonly issuer: string;
  readonly rules: RotationRules;
  /** Told of every key that this instance has made or removed, whoever asked for it. */
  readonly onChange: (change: {
    readonly made: string | undefined;
    readonly removed: readonly string[];
  }) => Promise<void>;
}

/** Somebody else's change came first that often in a row: they are not making progress either. */
const MAX_ATTEMPTS = 10;

/**
 * The newest storage schema that this version can work on (docs/upgrades.md). It is looked at with
 * the keys, since without them nobody gets in and nothing is answered; so it costs no call of its
 * own, and an instance that runs already notices within 5 minutes.
 */
const KNOWN_SCHEMA = 1;

export function openKeyRing(deps: KeyRingDeps): KeyRing {
  const { store, clock, masterKey, issuer, rules } = deps;
  const publicKeys = new Map<string, KeyObject>();
  const privateKeys = new Map<string, KeyObject>();

  const privateKey = (key: StoredKey): KeyObject => {
    const opened = privateKeys.get(key.kid) ?? privateKeyOf(key, masterKey);
    privateKeys.set(key.kid, opened);
    return opened;
  };

  const readRing = async (): Promise<StoredRing> => {
    const ring = await store.read();
    if (ring.schema > KNOWN_SCHEMA) throw newerStorage(ring.schema);
    if (ring.issuers.includes(issuer)) return ring;
    await store.addIssuer(issuer);
    return { ...ring, issuers: [...ring.issuers, issuer] };
  };

  const rotateStored = async (
    force: boolean,
  ): Promise<{ ring: StoredRing; made: StoredKey | undefined }> => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const ring = await readRing();
      const now = clock.now();
      const plan = planRotation(ring.keys, now, rules, force);
      if (plan.makeActiveFrom === undefined && plan.remove.length === 0) {
        return { ring, made: undefined };
      }
      const current = currentKey(ring.keys, now);
      if (current !== undefined) privateKey(current);
      const made =
        plan.makeActiveFrom === undefined
          ? undefined
          : await makeKey(rules.algorithm, masterKey, {
              createdAt: now,
              activeFrom: plan.makeActiveFrom,
            });
      const add = made === undefined ? [] : [made];
      if (await store.change(ring.version, { add, remove: plan.remove })) {
        await deps.onChange({ made: made?.kid, removed: plan.remove });
        return { ring: await readRing(), made };
      }
    }
    throw Fault.unavailable('The signing keys are being changed. Try again.', 5);
  };

  const load = async (): Promise<RingView> => {
    let ring = await readRing();
    if (ring.keys.length === 0) ({ ring } = await rotateStored(false));
    const kids = new Set(ring.keys.map((key) => key.kid));
    for (const kept of [publicKeys, privateKeys]) {
      for (const kid of kept.keys()) if (!kids.has(kid)) kept.delete(kid);
    }
    const byKid = new Map<string, VerificationKey>();
    const unopened = new Map<string, Fault>();
    for (const key of ring.keys) {
      const publicKey = publicKeys.get(key.kid) ?? publicKeyOf(key);
      try {
        privateKey(key);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        unopened.set(key.kid, error);
        continue;
      }
      publicKeys.set(key.kid, publicKey);
      byKid.set(key.kid, { alg: key.alg, publicKey });
    }
    return { stored: ring.keys, byKid, unopened, issuers: new Set(ring.issuers) };
  };

  const cache = new StaleCache<RingView>(load, {
    clock,
    maxEntries: 1,
    freshMs: RING_FRESH_MS,
    staleMs: RING_STALE_MS,
  });
  const view = (maxAgeMs?: number): Promise<RingView> => cache.get('ring', maxAgeMs);

  return {
    issuer,
    view,
    async signingKey() {
      const key = currentKey((await view()).stored, clock.now());
      if (key === undefined) throw new Error('A loaded key ring has at least one key.');
      return { kid: key.kid, alg: key.alg, privateKey: privateKey(key) };
    },
    async standings() {
      return standingOf((await view(0)).stored, clock.now());
    },
    async rotate(force = false) {
      const { ring, made } = await rotateStored(force);
      cache.forget('ring');
      const newest = standingOf(ring.keys, clock.now()).at(-1);
      if (newest === undefined) throw new Error('A rotated key ring has at least one key.');
      return { newest, made: made?.kid === newest.key.kid };
    },
  };
}

function newerStorage(schema: number): Fault {
  return new Fault(
    503,
    'A newer version of this service has taken over the storage. The operator finds more in the log.',
    {
      reason: 'newer_storage',
      headers: { 'Retry-After': '60' },
      cause: new Error(
        `The storage has the schema ${schema}, and this version knows ${KNOWN_SCHEMA}: deploy the version that raised it, or a later one. See docs/upgrades.md.`,
      ),
    },
  );
}
