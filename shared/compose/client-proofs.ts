import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { config } from './environment.ts';
import { tables } from './storage.ts';
import {
  clientIdAlone,
  nothing,
  type Proof,
} from '../oauth/client-authentication/client-id-alone.ts';
import type { ClientAuthenticationMethod } from '../oauth/client-authentication/method.ts';
import type { Possession, TokenBinding } from '../oauth/token-binding.ts';

/*
 * What clients prove who they are with besides secrets, and what their tokens are bound to. Nothing of
 * it is loaded before a request carries such a proof.
 */

export const oneTimeValues = once(async () => {
  const { openOneTimeValues } = await import('../storage/one-time-values.ts');
  return openOneTimeValues(await tables());
});

const keys = once(async () => {
  const { clientKeys } = await import('../oauth/client-authentication/client-keys.ts');
  return clientKeys(async ({ registration }) => {
    const { publicKeys, remoteKeys } = await import('./remote-keys.ts');
    return registration === undefined ? remoteKeys() : publicKeys();
  });
});

/** undefined while FLOWGATE_MTLS is off. */
export const certificates = once(async () => {
  const { mtls } = await config();
  if (mtls === undefined) return undefined;
  const { clientCertificates } = await import('../oauth/client-certificate.ts');
  const { readCertificate } = await import('../x509/certificate.ts');
  const authorities = mtls.authorities.map(readCertificate).filter((one) => one !== undefined);
  return { readCertificate: clientCertificates(mtls.header), authorities };
});

const assertions = once(async () => {
  const { privateKeyJwt } = await import('../oauth/client-authentication/private-key-jwt.ts');
  const { audiencesOf } = await import('../oauth/client-authentication/client-assertion.ts');
  const { publicBases } = await config();
  const used = await oneTimeValues();
  return privateKeyJwt({ audiences: audiencesOf(publicBases), keys: await keys(), used, clock });
});

const privateKeyJwtMethod: ClientAuthenticationMethod = {
  serves: ['private_key_jwt'],
  read: async (call, parameters) =>
    parameters.has('client_assertion') || parameters.has('client_assertion_type')
      ? (await assertions()).read(call, parameters)
      : undefined,
};

const certificateProofs = once(async () => {
  const shown = await certificates();
  if (shown === undefined) throw new Error('FLOWGATE_MTLS is off');
  const { tlsClientAuth } = await import('../oauth/client-authentication/tls-client-auth.ts');
  const { selfSignedTlsClientAuth } =
    await import('../oauth/client-authentication/self-signed-tls-client-auth.ts');
  return {
    byAuthority: tlsClientAuth({ ...shown, clock }),
    selfSigned: selfSignedTlsClientAuth({ ...shown, keys: await keys(), clock }),
  };
});

const byAuthority: Proof = async (call, client) =>
  (await certificateProofs()).byAuthority(call, client);
const selfSigned: Proof = async (call, client) =>
  (await certificateProofs()).selfSigned(call, client);

/** For endpoints that take clients of every method, and for those that no public client may use. */
export const proofs = once(async () => {
  const { mtls } = await config();
  const ofCertificate =
    mtls === undefined
      ? {}
      : {
          self_signed_tls_client_auth: selfSigned,
          ...(mtls.authorities.length === 0 ? {} : { tls_client_auth: byAuthority }),
        };
  return {
    ofAll: [privateKeyJwtMethod, clientIdAlone({ ...ofCertificate, none: nothing })],
    ofConfidential: [privateKeyJwtMethod, clientIdAlone(ofCertificate)],
  };
});

const boundTokens = once(async () => {
  const { createBoundTokens } = await import('../oauth/bound-tokens.ts');
  const { publicBases: bases } = await config();
  const readCertificate = (await certificates())?.readCertificate;
  const { createPublicRequests } = await import('../oauth/public-requests.ts');
  const publicRequests = createPublicRequests(clock);
  const used = await oneTimeValues();
  return createBoundTokens({ bases, readCertificate, used, publicRequests, clock });
});

export const binding: TokenBinding = {
  async confirm(call, client) {
    const isBound =
      client.dpopBoundAccessTokens ||
      client.tlsClientCertificateBoundAccessTokens ||
      call.headers.has('dpop');
    return isBound ? (await boundTokens()).confirm(call, client) : undefined;
  },
};

export const possession: Possession = {
  require: async (...shown) => (await boundTokens()).require(...shown),
};
