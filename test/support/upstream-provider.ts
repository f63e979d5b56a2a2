import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

export const UPSTREAM_CLIENT = { id: 'flowgate', secret: 'a secret of flowgate: 100% & more' };

export interface UpstreamProvider {
  /** By http on this machine: FLOWGATE_PRIVATE_HOSTS has to name its host. */
  readonly issuer: string;
  /** Host and port. */
  readonly host: string;
  /** Its client is registered with this redirect URI. */
  register(redirectUri: string): void;
  close(): Promise<void>;
}

/**
 * A real OpenID provider (`oidc-provider`, OpenID certified), with its own pages, where any password is
 * right. A person `anna` has the claims that `claimsOf` gives for her.
 * @param idToken whether they are in the ID token, or to be had from UserInfo alone.
 */
export async function startUpstreamProvider(
  claimsOf: (sub: string) => Readonly<Record<string, unknown>>,
  { idToken = true }: { readonly idToken?: boolean } = {},
): Promise<UpstreamProvider> {
  let handle: ReturnType<Provider['callback']> | undefined;
  const server: Server = createServer((request, response) => {
    if (handle === undefined) response.writeHead(503).end();
    else void handle(request, response);
  });
  // A test that fails early may leave it open.
  const port = await listen(server.unref());
  const issuer = `http://localhost:${port}`;
  return {
    issuer,
    host: `localhost:${port}`,
    register(redirectUri) {
      const configuration: Configuration = {
        clients: [
          {
            client_id: UPSTREAM_CLIENT.id,
            client_secret: UPSTREAM_CLIENT.secret,
            redirect_uris: [redirectUri],
            token_endpoint_auth_method: 'client_secret_basic',
          },
        ],
        claims: {
          openid: ['sub'],
          profile: ['name', 'preferred_username'],
          email: ['email', 'email_verified'],
        },
        conformIdTokenClaims: !idToken,
        pkce: { required: () => true },
        findAccount: (_context, sub) => ({
          accountId: sub,
          claims: () => ({ sub, ...claimsOf(sub) }),
        }),
      };
      handle = new Provider(issuer, configuration).callback();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
