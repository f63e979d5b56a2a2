import type { Clock } from '../config/clock.ts';
import type { ManagedIdentity } from '../config/storage.ts';

/** What the Azure libraries call a TokenCredential. */
export interface Credential {
  getToken(scopes: string | string[]): Promise<AccessToken>;
}

interface AccessToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresOnTimestamp: number;
}

interface Held extends AccessToken {
  /** When to look for a newer one. */
  readonly refreshAt: number;
}

/** The identity endpoint gave no token. Names the resource and the reason, never header or answer. */
export class IdentityError extends Error {
  /** Whether another attempt may do better. */
  readonly mayPass: boolean;

  constructor(resource: string, why: string, mayPass: boolean, options?: ErrorOptions) {
    super(`The managed identity has no token for ${resource}: ${why}`, options);
    this.name = 'IdentityError';
    this.mayPass = mayPass;
  }
}

const ATTEMPT_LIMIT_MS = 5000;
/** Before each further attempt: the endpoint of an instance may come up after its app. */
const PAUSES_MS = [200, 800];
const RETRY_REFRESH_MS = 30_000;
/** A token so close to its end might be refused on arrival. */
const LEAST_LIFE_MS = 60_000;
const LARGEST_ANSWER = 64 * 1024;

/**
 * Tokens of a managed identity, by the protocol of App Service, Functions and Container Apps:
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 *
 * One fetch serves all who ask at the same time. From half of its life on a token is renewed behind
 * the callers' backs, so that nobody waits for it and an endpoint that is gone for a while is not
 * noticed. Why not @azure/identity: docs/adr/0008-own-managed-identity-credential.md.
 */
export function createManagedIdentityCredential(
  identity: ManagedIdentity,
  deps: {
    readonly clock: Clock;
    readonly fetch: typeof fetch;
    readonly wait: (milliseconds: number) => Promise<unknown>;
  },
): Credential {
  const held = new Map<string, Held>();
  const fetching = new Map<string, Promise<Held>>();

  const renew = (resource: string): Promise<Held> => {
    let renewal = fetching.get(resource);
    if (renewal === undefined) {
      renewal = fetchToken(identity, resource, deps)
        .then((token) => {
          held.set(resource, token);
          return token;
        })
        .finally(() => fetching.delete(resource));
      fetching.set(resource, renewal);
    }
    return renewal;
  };

  return {
    async getToken(scopes) {
      const resource = resourceOf(scopes);
      const now = deps.clock.now();
      const token = held.get(resource);
      if (token === undefined || now > token.expiresOnTimestamp - LEAST_LIFE_MS) {
        return renew(resource);
      }
      if (now >= token.refreshAt) {
        held.set(resource, { ...token, refreshAt: now + RETRY_REFRESH_MS });
        // The token is good for a while yet; whoever comes after its end gets the error.
        renew(resource).catch(() => undefined);
      }
      return token;
    },
  };
}

/** `https://storage.azure.com/.default` asks for the resource `https://storage.azure.com`. */
function resourceOf(scopes: string | string[]): string {
  const [scope, ...others] = [scopes].flat();
  if (scope === undefined || others.length > 0) {
    throw new TypeError('A managed identity gives tokens for one scope at a time');
  }
  return scope.replace(/\/\.default$/, '');
}

async function fetchToken(
  identity: ManagedIdentity,
  resource: string,
  deps: Parameters<typeof createManagedIdentityCredential>[1],
): Promise<Held> {
  const url = new URL(identity.endpoint);
  url.searchParams.set('api-version', '2019-08-01');
  url.searchParams.set('resource', resource);
  if (identity.clientId !== undefined) url.searchParams.set('client_id', identity.clientId);
  for (let attempt = 0; ; attempt += 1) {
    const asked = deps.clock.now();
    try {
      return readToken(resource, await ask(url, identity.header, resource, deps.fetch), asked);
    } catch (error) {
      const pause = PAUSES_MS[attempt];
      if (pause === undefined || !(error instanceof IdentityError && error.mayPass)) throw error;
      await deps.wait(pause);
    }
  }
}

async function ask(url: URL, header: string, resource: string, send: typeof fetch) {
  let status: number, text: string;
  try {
    const response = await send(url, {
      headers: { 'X-IDENTITY-HEADER': header },
      redirect: 'error',
      signal: AbortSignal.timeout(ATTEMPT_LIMIT_MS),
    });
    [status, text] = [response.status, await response.text()];
  } catch (cause) {
    throw new IdentityError(resource, 'its endpoint does not answer', true, { cause });
  }
  if (status === 200) return text;
  const mayPass = status === 404 || status === 429 || status >= 500;
  throw new IdentityError(resource, `its endpoint answers ${status}`, mayPass);
}

function readToken(resource: string, text: string, asked: number): Held {
  const malformed = () =>
    new IdentityError(resource, 'the answer of its endpoint is malformed', false);
  if (text.length > LARGEST_ANSWER) throw malformed();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // The parser's message would quote the answer.
    throw malformed();
  }
  const { access_token: token, expires_on: expiresOn } = (body ?? {}) as Record<string, unknown>;
  // Seconds since the epoch, documented as a string.
  const expiresOnTimestamp = Number(expiresOn) * 1000;
  if (typeof token !== 'string' || token === '' || !(expiresOnTimestamp > asked)) throw malformed();
  return { token, expiresOnTimestamp, refreshAt: asked + (expiresOnTimestamp - asked) / 2 };
}
