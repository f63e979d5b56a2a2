import { hash, randomUUID } from 'node:crypto';
import { thumbprint } from '../../shared/jwt/signing-key.ts';
import { type IssuerKey, makeIssuerKey } from './other-issuer.ts';
import type { ForeignAlgorithm } from '../../shared/jwt/public-keys.ts';

export interface ProofRequest {
  readonly method: string;
  readonly url: string;
  /** Milliseconds since the epoch; now unless told. */
  readonly now?: number;
  readonly accessToken?: string;
}

/** Whoever proves that he holds a key (RFC 9449 section 4). */
export interface Prover {
  readonly key: IssuerKey;
  readonly jkt: string;
  /** A new proof; `claims` and `header` in the place of the right ones, undefined leaves one out. */
  prove(
    request: ProofRequest,
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): string;
}

export function makeProver(alg: ForeignAlgorithm = 'ES256'): Prover {
  const key = makeIssuerKey('', alg);
  const jwk = key.publicKey.export({ format: 'jwk' });
  return {
    key,
    jkt: thumbprint(jwk),
    prove: ({ method, url, now = Date.now(), accessToken }, claims = {}, header = {}) =>
      key.sign(
        {
          htm: method,
          htu: url,
          iat: Math.floor(now / 1000),
          jti: randomUUID(),
          ...(accessToken === undefined ? {} : { ath: hash('sha256', accessToken, 'base64url') }),
          ...claims,
        },
        { typ: 'dpop+jwt', kid: undefined, jwk, ...header },
      ),
  };
}
