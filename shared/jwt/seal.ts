import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Fault } from '../http/fault.ts';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

interface KeyName {
  readonly kid: string;
  readonly alg: string;
}

/** Binds the ciphertext to its row: moved to another key's row it does not open. */
const boundTo = (key: KeyName): Buffer => Buffer.from(`flowgate signing key|${key.alg}|${key.kid}`);

/**
 * Encrypts a private key under the master key.
 * @param masterKey 32 bytes.
 * @returns base64url of a fresh IV, the tag and the ciphertext.
 */
export function sealPrivateKey(masterKey: Uint8Array, key: KeyName, pkcs8: Uint8Array): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, masterKey, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(key));
  const encrypted = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url');
}

/** @throws {Fault} 503 `master_key_mismatch`; the cause tells the operator what to mend. */
export function openPrivateKey(masterKey: Uint8Array, key: KeyName, sealed: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64url');
  const iv = bytes.subarray(0, IV_BYTES);
  const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, masterKey, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(boundTo(key));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
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
