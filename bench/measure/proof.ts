import { createPrivateKey, type JsonWebKey, randomBytes } from 'node:crypto';
import { es256, forgeToken } from '../../test/support/forge-token.ts';

/** A JWT that every request carries a new one of: a client assertion or a DPoP proof. */
export interface ProofPlan {
  /** Private, for ES256. */
  readonly key: JsonWebKey;
  readonly header: Readonly<Record<string, unknown>>;
  /** But for `iat`, `exp` and `jti`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Where the JWT goes in a head or a body. */
export const PROOF = '{proof}';

const LIFE_SECONDS = 60;

/** @returns what makes one after the other, all of one length. */
export function openProofs({ key, header, claims }: ProofPlan): () => string {
  const signer = es256(createPrivateKey({ key, format: 'jwk' }));
  return () => {
    const iat = Math.floor(Date.now() / 1000);
    const jti = randomBytes(16).toString('base64url');
    return forgeToken(header, { ...claims, iat, exp: iat + LIFE_SECONDS, jti }, signer);
  };
}

/** Bytes of a body in which the JWT's place is taken. */
export function lengthWithProof(body: string, plan: ProofPlan): number {
  return body.replace(PROOF, openProofs(plan)()).length;
}
