import type { Clock } from '../config/clock.ts';
import type { HttpCall } from '../http/call.ts';
import type { Confirmation } from '../jwt/types.ts';
import type { ReadClientCertificate } from './client-certificate.ts';
import { PROOF_WINDOW, ProofFault, readProof } from './dpop/proof.ts';
import { OAuthError } from './errors.ts';
import { BearerFault } from './gate.ts';
import type { OneTimeValues } from './one-time-values.ts';
import type { PublicRequests } from './public-requests.ts';
import type { Possession, TokenBinding } from './token-binding.ts';

export interface BoundTokensDeps {
  /** Public addresses of this server, without trailing slash; the first is the issuer. */
  readonly bases: readonly string[];
  /** undefined while FLOWGATE_MTLS is off. */
  readonly readCertificate: ReadClientCertificate | undefined;
  readonly used: OneTimeValues;
  readonly publicRequests: PublicRequests;
  readonly clock: Clock;
}

/**
 * Access tokens that are good in the hands of one holder only: of a DPoP key (RFC 9449), or of a
 * certificate (RFC 8705 section 3).
 */
export function createBoundTokens(deps: BoundTokensDeps): TokenBinding & Possession {
  return {
    async confirm(call, client) {
      const header = call.headers.get('dpop');
      if (client.tlsClientCertificateBoundAccessTokens)
        return confirmCertificate(call, header, deps);
      if (header !== null) {
        // Each proof is written down, and nobody has shown yet who this is.
        if (client.tokenEndpointAuthMethod === 'none') deps.publicRequests.admit(call);
        try {
          return { jkt: await useProof(call, header, undefined, deps) };
        } catch (error) {
          throw error instanceof ProofFault
            ? OAuthError.invalidDpopProof(error.message, error.check)
            : error;
        }
      }
      if (!client.dpopBoundAccessTokens) return undefined;
      throw OAuthError.invalidDpopProof(
        'The client is registered with dpop_bound_access_tokens, so its token requests carry a proof in the header DPoP (RFC 9449 section 5).',
        'missing',
      );
    },

    async require(call, token, confirmation, user) {
      if ('jkt' in confirmation) await requireProof(call, token, confirmation.jkt, user, deps);
      else requireCertificate(call, confirmation['x5t#S256'], user, deps);
    },
  };
}

function confirmCertificate(
  call: HttpCall,
  proof: string | null,
  { readCertificate }: BoundTokensDeps,
): Confirmation {
  if (proof !== null) {
    throw OAuthError.invalidRequest(
      'two_bindings',
      'Access tokens of this client are bound to its certificate (tls_client_certificate_bound_access_tokens). Leave the header DPoP out.',
    );
  }
  const certificate = readCertificate?.(call);
  if (certificate !== undefined) return { 'x5t#S256': certificate.thumbprint };
  throw OAuthError.invalidRequest(
    'certificate_missing',
    readCertificate === undefined
      ? 'Access tokens of this client are bound to its certificate, and this server takes no client certificates (setting FLOWGATE_MTLS).'
      : 'Access tokens of this client are bound to its certificate. Show it in the TLS handshake.',
  );
}

/**
 * Checks a proof and uses it up, on all instances.
 * @returns the thumbprint of its key.
 * @throws {ProofFault}
 */
async function useProof(
  call: HttpCall,
  header: string,
  accessToken: string | undefined,
  { bases, used, clock }: BoundTokensDeps,
): Promise<string> {
  const { method, url } = call;
  const { pathname } = url;
  const proof = readProof(header, { method, bases, pathname, now: clock.now(), accessToken });
  const { jkt, jti, iat } = proof;
  // Whoever would make up a proof of another key with this jti uses up none of this one.
  if (await used.use('dpop_proof', `${jkt} ${jti}`, (iat + PROOF_WINDOW + 1) * 1000)) return jkt;
  throw new ProofFault(
    'used',
    'The DPoP proof has been used before. Make a new one, with a jti of its own, for each request.',
  );
}

/** RFC 9449 section 7.1. */
async function requireProof(
  call: HttpCall,
  token: string,
  jkt: string,
  user: string,
  deps: BoundTokensDeps,
): Promise<void> {
  const refuse = (code: 'invalid_token' | 'invalid_dpop_proof', check: string, text: string) => {
    call.annotate({ token_check: `dpop_${check}` });
    return new BearerFault('invalid_token', text, { user, dpop: code });
  };
  const header = call.headers.get('dpop');
  if (header === null) {
    const text = 'The access token is bound to a DPoP key. Send a proof in the header DPoP.';
    throw refuse('invalid_token', 'missing', text);
  }
  let shown: string;
  try {
    shown = await useProof(call, header, token, deps);
  } catch (error) {
    if (!(error instanceof ProofFault)) throw error;
    throw refuse('invalid_dpop_proof', error.check, error.message);
  }
  if (shown === jkt) return;
  const text = 'The access token is bound to another key than that of the DPoP proof.';
  throw refuse('invalid_token', 'jkt', text);
}

function requireCertificate(
  call: HttpCall,
  thumbprint: string,
  user: string,
  deps: BoundTokensDeps,
): void {
  const certificate = deps.readCertificate?.(call);
  if (certificate?.thumbprint === thumbprint) return;
  const check = certificate === undefined ? 'missing' : 'x5t#S256';
  call.annotate({ token_check: `certificate_${check}` });
  throw new BearerFault(
    'invalid_token',
    'The access token is bound to a certificate, which has to be shown in the TLS handshake of each call that it comes with.',
    { user },
  );
}
