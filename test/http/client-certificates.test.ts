import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { type Deployment, deployOwn } from '../conformance/deployment.ts';
import {
  commonName,
  extendedKeyUsage,
  isAuthority,
  type Issued,
  issueCertificate,
  keyUsage,
} from '../support/certificate.ts';
import { ISSUER, type Management } from '../support/instance.ts';
import { type MtlsFrontEnd, startMtlsFrontEnd } from '../support/mtls-front-end.ts';

export const LOCAL_ONLY = 'brings its own front end and authorities';

const root = issueCertificate({
  subject: commonName('Root'),
  extensions: [isAuthority(), keyUsage('keyCertSign')],
});
const middle = issueCertificate(
  { subject: commonName('Middle'), extensions: [isAuthority(0), keyUsage('keyCertSign')] },
  root,
);
const partner = issueCertificate(
  { subject: commonName('partner'), extensions: [extendedKeyUsage('clientAuth')] },
  middle,
);
const selfSigned = issueCertificate({ subject: commonName('partner') });
const identity = ({ cert, privateKey }: Issued): { key: string; cert: string } => ({
  key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  cert,
});

let deployment: Deployment;
let admin: Management;
let frontEnd: MtlsFrontEnd;

before(async () => {
  deployment = await deployOwn({
    FLOWGATE_MTLS: 'on',
    // As an app setting that has lost its line breaks.
    FLOWGATE_MTLS_CAS: (root.cert + middle.cert).replaceAll('\n', '\\n'),
  });
  ({ admin } = deployment);
  frontEnd = await startMtlsFrontEnd(deployment.url);
  const members = {
    'by-authority': {
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=partner',
      tls_client_certificate_bound_access_tokens: true,
    },
    'by-key': {
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [selfSigned.publicKey.export({ format: 'jwk' })] },
      tls_client_certificate_bound_access_tokens: true,
    },
  };
  for (const [client_id, more] of Object.entries(members)) {
    const made = await admin.send('POST', '/registry/v1/clients', { client_id, ...more });
    assert.equal(made.status, 201, await made.text());
    const users = '/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users';
    assert.equal((await admin.send('PUT', `${users}/oauth_client_${client_id}`)).status, 204);
  }
});

const server: oauth.AuthorizationServer = {
  issuer: ISSUER,
  token_endpoint: `${ISSUER}/oauth2/api/v1/token`,
};

/** The libraries speak to the issuer, which is the front end here. */
const through = (as?: Issued): typeof fetch => {
  const fetchAs = frontEnd.fetchWith(as === undefined ? undefined : identity(as));
  return (input, init) => {
    assert.ok(typeof input === 'string' && input.startsWith(ISSUER));
    return fetchAs(frontEnd.url + input.slice(ISSUER.length), init);
  };
};

const ask = async (client_id: string, as?: Issued): Promise<oauth.TokenEndpointResponse> => {
  const options = { [oauth.customFetch]: through(as) };
  const client = { client_id };
  const authentication = oauth.TlsClientAuth();
  const granted = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    authentication,
    {},
    options,
  );
  return oauth.processClientCredentialsResponse(server, client, granted);
};

const call = async (token: string, as?: Issued): Promise<number> => {
  const response = await through(as)(ISSUER + deployment.hello, {
    headers: { authorization: `Bearer ${token}` },
  });
  return response.status;
};

for (const [client, certificate] of [
  ['by-authority', partner],
  ['by-key', selfSigned],
] as const) {
  void suite(`a client ${client}, through a front end that ends TLS`, () => {
    test('gets a token with oauth4webapi that is good together with its certificate alone (RFC 8705)', async () => {
      const { access_token, token_type } = await ask(client, certificate);
      assert.equal(token_type, 'bearer');
      assert.equal(await call(access_token, certificate), 200);
      assert.equal(await call(access_token), 401);
      const another = certificate === partner ? selfSigned : partner;
      assert.equal(await call(access_token, another), 401);
    });

    test('gets a token with openid-client', async () => {
      const config = new openid.Configuration(server, client, undefined, openid.TlsClientAuth());
      config[openid.customFetch] = through(certificate) as openid.CustomFetch;
      const { access_token } = await openid.clientCredentialsGrant(config);
      assert.equal(await call(access_token, certificate), 200);
    });

    test('gets none without a certificate, or with another one', async () => {
      const another = certificate === partner ? selfSigned : partner;
      for (const shown of [undefined, another]) {
        await assert.rejects(ask(client, shown), (error: unknown) => {
          assert.ok(
            error instanceof oauth.ResponseBodyError ||
              error instanceof oauth.WWWAuthenticateChallengeError,
          );
          assert.equal(error.status, 401);
          return true;
        });
      }
    });

    test('cannot be played by whoever writes the header: the front end takes it away', async () => {
      const response = await through()(server.token_endpoint ?? '', {
        method: 'POST',
        headers: { 'x-arr-clientcert': certificate.x509.raw.toString('base64') },
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client }),
      });
      assert.equal(response.status, 401);
    });
  });
}

test('introspection shows what the token is bound to (RFC 8705 section 3.2)', async () => {
  const { access_token } = await ask('by-authority', partner);
  const response = await through(partner)(`${ISSUER}/oauth2/api/v1/introspect`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'by-authority', token: access_token }),
  });
  const told = (await response.json()) as { token_type: string; cnf: Record<string, string> };
  assert.equal(told.token_type, 'Bearer');
  const digest = Buffer.from(partner.x509.fingerprint256.replaceAll(':', ''), 'hex');
  assert.deepEqual(told.cnf, { 'x5t#S256': digest.toString('base64url') });
});

test('without FLOWGATE_MTLS the local host hands no certificate on, and no client is known by one', async () => {
  const off = await deployOwn();
  const made = await off.admin.send('POST', '/registry/v1/clients', {
    client_id: 'by-key',
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    jwks: { keys: [selfSigned.publicKey.export({ format: 'jwk' })] },
  });
  assert.equal(made.status, 201);
  const response = await fetch(`${off.url}/oauth2/api/v1/token`, {
    method: 'POST',
    headers: { 'x-arr-clientcert': selfSigned.x509.raw.toString('base64') },
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'by-key' }),
  });
  assert.equal(response.status, 401);
});
