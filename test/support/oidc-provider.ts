import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** A real authorization server (npm: oidc-provider) on the loopback, for machine-to-machine tokens. */
export interface OidcProvider {
  readonly issuer: string;
  /** Of its one client, which sends it in the body. */
  readonly secret: string;
  /** How often tokens have been asked for. */
  tokenRequests: number;
  /** How often its keys have been fetched. */
  keyFetches: number;
  /** A token for `audience` by client credentials. */
  token(audience: string, scope?: string): Promise<string>;
  /** Signs with a new key from now on; the old one is published no more. */
  rotate(): void;
  close(): Promise<void>;
  /** On the same port. */
  open(): Promise<void>;
}

const SECRET = 'the-secret-of-a-client-at-the-provider';

/** @param clientId its one client; `roles` are put into its tokens. */
export async function startOidcProvider(
  clientId: string,
  roles: readonly string[] = [],
): Promise<OidcProvider> {
  let callback: ReturnType<Provider['callback']> | undefined;
  const server = createServer((request, response) => {
    if (request.url === '/jwks') provider.keyFetches += 1;
    if (request.url === '/token') provider.tokenRequests += 1;
    void callback?.(request, response);
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.unref();
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const issuer = `http://127.0.0.1:${port}`;
  const rotate = (): void => {
    callback = makeProvider(issuer, clientId, roles).callback();
  };
  rotate();
  const provider: OidcProvider = {
    issuer,
    secret: SECRET,
    tokenRequests: 0,
    keyFetches: 0,
    async token(audience, scope) {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: SECRET,
          resource: audience,
          ...(scope === undefined ? {} : { scope }),
        }),
      });
      const body = (await response.json()) as { access_token?: string };
      if (body.access_token === undefined) throw new Error(`No token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    rotate,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async open() {
      await listen(port);
    },
  };
  return provider;
}

let keys = 0;

function makeProvider(issuer: string, clientId: string, roles: readonly string[]): Provider {
  keys += 1;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = {
    ...privateKey.export({ format: 'jwk' }),
    use: 'sig',
    alg: 'ES256',
    kid: `k${keys}`,
  };
  return new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    ttl: { ClientCredentials: 600 },
    jwks: { keys: [jwk] },
    extraTokenClaims: () => ({ roles }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) => ({
          audience,
          scope: 'orders',
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
}
