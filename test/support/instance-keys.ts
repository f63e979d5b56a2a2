import { systemClock } from '../../shared/config/clock.ts';
import { openKeyRing, type SigningKey, type VerificationKey } from '../../shared/jwt/key-ring.ts';
import { createKeyStore } from '../../shared/storage/key-ring.ts';
import { openTables } from '../../shared/storage/tables.ts';
import type { TestStorage } from './azurite.ts';
import { ISSUER, masterKeyOf } from './instance.ts';

/**
 * The keys that instances over this storage sign with, for tests that forge what only they could
 * have signed.
 */
export async function keysOf(
  storage: TestStorage,
): Promise<{ readonly signing: SigningKey; readonly verification: VerificationKey }> {
  const ring = openKeyRing({
    store: createKeyStore(openTables(storage)),
    clock: systemClock,
    masterKey: masterKeyOf(storage),
    issuer: ISSUER,
    rules: { algorithm: 'ES256', rotationDays: 90 },
    onChange: () => Promise.resolve(),
  });
  const signing = await ring.signingKey();
  const verification = (await ring.view()).byKid.get(signing.kid);
  if (verification === undefined) throw new Error('The ring has no public key of its own.');
  return { signing, verification };
}
