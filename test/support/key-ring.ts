import { randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/config/clock.ts';
import type { KeyStore } from '../../shared/jwt/key-store.ts';
import { type KeyRing, type KeyRingDeps, openKeyRing } from '../../shared/jwt/key-ring.ts';
import type { SigningAlgorithm } from '../../shared/jwt/signing-key.ts';
import { createKeyStore } from '../../shared/storage/key-ring.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { type TestStorage, testStorage } from './azurite.ts';
import { testClock } from './clock.ts';

/** A deployment's keys in storage, for any number of instances. */
export interface TestKeys {
  readonly storage: TestStorage;
  readonly masterKey: Buffer;
}

export async function testKeys(): Promise<TestKeys> {
  return { storage: await testStorage(), masterKey: randomBytes(32) };
}

export interface TestInstance {
  readonly ring: KeyRing;
  readonly store: KeyStore;
  /** How often the instance has read the ring from storage. */
  readonly reads: () => number;
}

/** One instance's ring, with a table client of its own. */
export function openInstance(
  keys: TestKeys,
  options: {
    readonly clock?: Clock;
    readonly issuer?: string;
    readonly algorithm?: SigningAlgorithm;
    readonly rotationDays?: number;
    readonly masterKey?: Buffer;
    readonly onChange?: (change: Parameters<KeyRingDeps['onChange']>[0]) => void;
  } = {},
): TestInstance {
  let reads = 0;
  const stored = createKeyStore(openTables(keys.storage));
  const store: KeyStore = {
    ...stored,
    read: () => {
      reads += 1;
      return stored.read();
    },
  };
  const ring = openKeyRing({
    store,
    clock: options.clock ?? testClock(),
    masterKey: options.masterKey ?? keys.masterKey,
    issuer: options.issuer ?? 'https://flowgate.example',
    rules: {
      algorithm: options.algorithm ?? 'ES256',
      rotationDays: options.rotationDays ?? 90,
    },
    onChange: (change) => Promise.resolve(options.onChange?.(change)),
  });
  return { ring, store, reads: () => reads };
}
