import { REFUSE_ON_MS } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import type { HttpCall } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import type { AllowedOrigins } from '../../http/cors.ts';
import type { Parameters } from '../../http/form.ts';
import type { Client, ClientDirectory } from '../../registry/client.ts';
import { isClientId } from '../../registry/client-id.ts';
import { KEYS_UNAVAILABLE } from '../../jwt/keys-unavailable.ts';
import { OAuthError } from '../errors.ts';
import type { Throttle } from '../throttle.ts';
import type { AuthenticationFailure, ClientAuthenticationMethod, Presented } from './method.ts';

export interface ClientAuthenticationDeps {
  readonly clients: ClientDirectory;
  readonly methods: readonly ClientAuthenticationMethod[];
  readonly throttle: Throttle;
  /** Pages of these may send what clients authenticate with. */
  readonly origins: AllowedOrigins;
  readonly clock: Clock;
  /** Resolves after that many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Awaited before a client is looked up: makes the bootstrap client where it is due. */
  readonly beforeClient?: (clientId: string) => Promise<void>;
}

/** A refusal comes no sooner than this after the call, so that time tells nothing. */
const REFUSE_AFTER_MS = 100;

/**
 * Authenticates the client in the way that it is registered for (RFC 6749 section 2.3).
 * @param onFailure told of credentials that were compared in vain; the client if there is one.
 * @throws {OAuthError} `invalid_client` or `invalid_request`
 * @throws {Fault} 429 when too many have failed before
 */
export function authenticateClient(
  call: HttpCall,
  parameters: Parameters,
  deps: ClientAuthenticationDeps,
  onFailure: OnFailure,
): Promise<Client> {
  return call.trace.span('client.authenticate', () =>
    admitClient(call, parameters, deps, onFailure),
  );
}

type OnFailure = (reason: AuthenticationFailure, client: Client | undefined) => void;

async function admitClient(
  call: HttpCall,
  parameters: Parameters,
  deps: ClientAuthenticationDeps,
  onFailure: OnFailure,
): Promise<Client> {
  deps.throttle.admit(call);
  const attempt = await readAttempt(call, parameters, deps.methods);
  const { client, verdict } = await judge(attempt, deps).catch((error: unknown) =>
    countLack(call, attempt, error, deps),
  );
  if (verdict === 'accepted') {
    // Guesses sent at once are all compared at once; when they were too many, none of them gets in.
    deps.throttle.admit(call);
    call.annotate({ client: client.clientId });
    return client;
  }
  onFailure(verdict, client);
  const { clientId, advice, challenge } = attempt.presented;
  const slowed = await deps.throttle.countFailure(call, clientId);
  const left = call.receivedAt + REFUSE_AFTER_MS - deps.clock.now();
  if (left > 0) await deps.wait(Math.min(left, REFUSE_AFTER_MS));
  throw slowed ?? OAuthError.invalidClient(verdict, advice, challenge);
}

/** Also where the keys to compare with cannot be had: it tells of a client, and so counts as a guess. */
async function countLack(
  call: HttpCall,
  { presented: { clientId } }: Attempt,
  error: unknown,
  { throttle }: ClientAuthenticationDeps,
): Promise<never> {
  if (!(error instanceof Fault) || error.reason !== KEYS_UNAVAILABLE) throw error;
  throw (await throttle.countFailure(call, clientId)) ?? error;
}

interface Attempt {
  readonly method: ClientAuthenticationMethod;
  readonly presented: Presented;
}

/** RFC 6749 section 2.3: exactly one method of authentication. */
async function readAttempt(
  call: HttpCall,
  parameters: Parameters,
  methods: readonly ClientAuthenticationMethod[],
): Promise<Attempt> {
  let attempt: Attempt | undefined;
  for (const method of methods) {
    const presented = await method.read(call, parameters);
    if (presented === undefined) continue;
    if (attempt !== undefined) {
      throw OAuthError.invalidRequest(
        'two_authentications',
        'The request authenticates the client in two ways. Send one of them.',
      );
    }
    attempt = { method, presented };
  }
  if (attempt !== undefined) return attempt;
  throw OAuthError.unreadableClient(
    'no_credentials',
    'Client authentication is missing. Send client_id and client_secret in an Authorization header with Basic, or both in the body, or what else the client is registered for.',
  );
}

type Judgement =
  | { readonly verdict: 'accepted'; readonly client: Client }
  | { readonly verdict: AuthenticationFailure; readonly client: Client | undefined };

async function judge(attempt: Attempt, deps: ClientAuthenticationDeps): Promise<Judgement> {
  const { clientId } = attempt.presented;
  if (!isClientId(clientId)) return compare(attempt, undefined);
  await deps.beforeClient?.(clientId);
  const client = await deps.clients.find(clientId);
  const judgement = await compare(attempt, client);
  if (judgement.verdict === 'accepted' || client === undefined) return judgement;
  const latest = await deps.clients.find(clientId, REFUSE_ON_MS);
  if (latest?.updatedAt === client.updatedAt && latest.createdAt === client.createdAt) {
    return judgement;
  }
  return compare(attempt, latest);
}

async function compare(
  { method, presented }: Attempt,
  client: Client | undefined,
): Promise<Judgement> {
  if (client === undefined || !method.serves.includes(client.tokenEndpointAuthMethod)) {
    await presented.verify(undefined);
    return { verdict: client === undefined ? 'unknown_client' : 'another_method', client };
  }
  const verdict = await presented.verify(client);
  if (verdict !== 'accepted') return { verdict, client };
  return { verdict: client.enabled ? 'accepted' : 'client_disabled', client };
}
