import { open, seal } from '../crypto/seal.ts';
import { Fault } from '../http/fault.ts';

interface KeyName {
  readonly kid: string;
  readonly alg: string;
}

/** Binds the ciphertext to its row: moved to another key's row it does not open. */
const boundTo = (key: KeyName): string => `flowgate signing key|${key.alg}|${key.kid}`;

/**
 * Encrypts a private key under the master key.
 * @param masterKey 32 bytes.
 * @returns base64url.
 */
export function sealPrivateKey(masterKey: Uint8Array, key: KeyName, pkcs8: Uint8Array): string {
  return seal(masterKey, boundTo(key), pkcs8).toString('base64url');
}

/** @throws {Fault} 503 `master_key_mismatch`; the cause tells the operator what to mend. */
export function openPrivateKey(masterKey: Uint8Array, key: KeyName, sealed: string): Buffer {
  try {
    return open(masterKey, boundTo(key), Buffer.from(sealed, 'base64url'));
  } catch (error) {
    throw new Fault(
      503,
      'Access tokens cannot be signed or checked at the moment. The operator finds the cause in the log.',
      {
        reason: 'master_key_mismatch',
        headers: { 'Retry-After': '60' },
        cause: new Error(
          `FLOWGATE_MASTER_KEY does not open signing key ${key.kid}: it is not the master key that the stored keys were encrypted under. Restore that master key; no new key is made meanwhile.`,
          { cause: error },
        ),
      },
    );
  }
}
