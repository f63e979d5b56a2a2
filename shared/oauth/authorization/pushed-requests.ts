import type { Clock } from '../../config/clock.ts';
import type { Client } from '../../registry/client.ts';
import { OAuthError } from '../errors.ts';
import type { SecretRecords } from '../secret-records.ts';
import type { SentParameters } from './request-parameters.ts';

/** Seconds in which a pushed request has to be opened in the browser. */
export const PUSHED_LIFETIME = 90;
/** Milliseconds from being pushed in which one that was opened has to be answered: time to sign in. */
const OPENED_MS = 600_000;

const URN = 'urn:ietf:params:oauth:request_uri:';

/** What is kept of a pushed request (RFC 9126). */
export interface PushedRequest {
  readonly clientId: string;
  readonly parameters: readonly (readonly [string, string])[];
  /** Milliseconds since the epoch. */
  readonly pushedAt: number;
}

export interface PushedRequests {
  /** @returns its `request_uri`. */
  push(clientId: string, parameters: ReadonlyMap<string, string>): Promise<string>;
  /**
   * The parameters behind a `request_uri`, for as long as it is neither answered nor expired. From the
   * first time on it is good for 10 minutes from being pushed.
   * @throws {OAuthError} `invalid_request_uri`, also for another client's.
   */
  open(requestUri: string, client: Client): Promise<SentParameters>;
  /** @throws {OAuthError} `invalid_request_uri` if it was answered before: it counts once. */
  answer(requestUri: string): Promise<void>;
}

/** Whether a `request_uri` is one of ours, not an address of a request object (RFC 9101). */
export const isPushed = (requestUri: string): boolean => requestUri.startsWith(URN);

export function createPushedRequests(deps: {
  readonly records: SecretRecords<PushedRequest>;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
}): PushedRequests {
  const { records, clock, random } = deps;
  return {
    async push(clientId, parameters) {
      const secret = random(32).toString('base64url');
      const pushedAt = clock.now();
      const request = { clientId, parameters: [...parameters], pushedAt };
      await records.put(secret, request, pushedAt + PUSHED_LIFETIME * 1000);
      return URN + secret;
    },

    async open(requestUri, client) {
      const secret = secretOf(requestUri);
      const found = secret === undefined ? undefined : await records.find(secret);
      if (secret === undefined || found === undefined || found.expiresAt <= clock.now()) {
        throw unknown();
      }
      const { clientId, parameters, pushedAt } = found.value;
      if (clientId !== client.clientId) throw unknown();
      const openedUntil = pushedAt + OPENED_MS;
      if (found.expiresAt !== openedUntil) await records.extend(secret, openedUntil);
      return { values: new Map(parameters), repeated: new Set() };
    },

    async answer(requestUri) {
      const secret = secretOf(requestUri);
      if (secret === undefined || !(await records.take(secret))) throw unknown();
    },
  };
}

function secretOf(requestUri: string): string | undefined {
  const secret = requestUri.slice(URN.length);
  return isPushed(requestUri) && /^[A-Za-z0-9_-]{43}$/.test(secret) ? secret : undefined;
}

const unknown = (): OAuthError =>
  new OAuthError(
    'invalid_request_uri',
    'This request_uri has expired, was answered before, or is not of this client. Go back to the application and begin again.',
    { reason: 'request_uri' },
  );
