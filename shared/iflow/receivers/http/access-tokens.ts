import { FetchFault } from '../../../net/fetch-fault.ts';
import { type HttpAnswer, type HttpClient, shownUrl } from '../../../net/http-client.ts';
import type { OAuth2ClientCredentials } from '../../services/security-material.ts';
import { StepFailure } from '../../steps/step-failure.ts';
import { retryAfterMs } from './retry-after.ts';
import { type IssuedToken, readTokenAnswer } from './token-answer.ts';
import { type BasicForm, isAmbiguous, quotedName, tokenRequest } from './token-request.ts';

/** Access tokens by client credentials, fetched when they are needed and kept for other messages. */
export interface AccessTokens {
  /**
   * @param deadline milliseconds since the epoch.
   * @throws {StepFailure} with the token endpoint's own error, where it has given one.
   */
  get(material: OAuth2ClientCredentials, deadline: number): Promise<GivenToken>;
  /**
   * Another token in the place of one that a receiver has refused.
   * @returns undefined when the last that was fetched for that reason was refused as well.
   * @throws {StepFailure} as `get`.
   */
  renew(
    material: OAuth2ClientCredentials,
    refused: string,
    deadline: number,
  ): Promise<string | undefined>;
  /** Tells that a receiver has refused a renewed token, too: it is not the token that it lacks. */
  renewedInVain(material: OAuth2ClientCredentials): void;
}

export interface GivenToken {
  readonly value: string;
  /** Whether it was fetched for this message: then it is no older than the message. */
  readonly isFresh: boolean;
}

/** As SAP's connectivity policy has it. */
const TIME_LIMIT_MS = 30_000;
const LARGEST_ANSWER = 256 * 1024;
/** A token is used for its lifetime less a tenth, or less a minute where that is shorter. */
const MARGIN_SHARE = 0.1;
const MAX_MARGIN_MS = 60_000;
/** A message whose token still lives waits for the next one no longer than this. */
const RENEWAL_WAIT_MS = 1000;
/** A token endpoint that has failed is left alone for this long. */
const FAILURE_MS = 5000;
const MAX_FAILURE_MS = 60_000;
/** A receiver that has refused a new token is not given another one for its sake for this long. */
const IN_VAIN_MS = 30_000;
/** Credentials; the one that was used longest ago is forgotten first. */
const MAX_ENTRIES = 500;

interface Entry {
  readonly version: string;
  token: (IssuedToken & { readonly askedAt: number }) | undefined;
  fetching: Promise<string> | undefined;
  failure: { readonly error: StepFailure; readonly until: number } | undefined;
  inVainUntil: number;
  /** What the endpoint has understood. */
  basic: BasicForm;
}

export function createAccessTokens(deps: {
  readonly client: HttpClient;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}): AccessTokens {
  const { client, now } = deps;
  const entries = new Map<string, Entry>();

  /** Material that has been changed begins anew: what was fetched with the old one is not used. */
  const entryOf = ({ name, version }: OAuth2ClientCredentials): Entry => {
    let entry = entries.get(name);
    if (entry?.version !== version) {
      entry = {
        version,
        token: undefined,
        fetching: undefined,
        failure: undefined,
        inVainUntil: 0,
        basic: 'encoded',
      };
    }
    entries.delete(name);
    entries.set(name, entry);
    const [oldest = ''] = entries.keys();
    if (entries.size > MAX_ENTRIES) entries.delete(oldest);
    return entry;
  };

  /** One fetch, however many messages wait for it. */
  const fetchOnce = (material: OAuth2ClientCredentials, entry: Entry): Promise<string> => {
    if (entry.failure !== undefined && entry.failure.until > now()) {
      return Promise.reject(entry.failure.error);
    }
    const askedAt = now();
    entry.fetching ??= fetchToken(material, entry, client)
      .then(
        (token) => {
          entry.token = { ...token, askedAt };
          entry.failure = undefined;
          return token.value;
        },
        (error: unknown) => {
          if (error instanceof TokenRefused) {
            entry.failure = { error: error.failure, until: now() + error.pauseMs };
            throw error.failure;
          }
          throw error;
        },
      )
      .finally(() => {
        entry.fetching = undefined;
      });
    return entry.fetching;
  };

  return {
    async get(material, deadline) {
      const entry = entryOf(material);
      const age = entry.token === undefined ? 0 : now() - entry.token.askedAt;
      if (entry.token !== undefined && age >= 0) {
        const { value, lifetimeMs } = entry.token;
        const margin = Math.min(MAX_MARGIN_MS, lifetimeMs * MARGIN_SHARE);
        if (age < lifetimeMs - margin) return { value, isFresh: false };
        if (age < lifetimeMs) {
          // It can still be used where no other is to be had.
          const patience = Math.min(deadline, now() + RENEWAL_WAIT_MS);
          const renewed = within(fetchOnce(material, entry), patience, now, material);
          return renewed.then(
            (fetched) => ({ value: fetched, isFresh: true }),
            () => ({ value, isFresh: false }),
          );
        }
      }
      const value = await within(fetchOnce(material, entry), deadline, now, material);
      return { value, isFresh: true };
    },
    async renew(material, refused, deadline) {
      const entry = entryOf(material);
      const { token } = entry;
      // Another message has renewed it in the meantime.
      if (token !== undefined && token.value !== refused) return token.value;
      if (entry.inVainUntil > now()) return undefined;
      entry.token = undefined;
      return within(fetchOnce(material, entry), deadline, now, material);
    },
    renewedInVain(material) {
      entryOf(material).inVainUntil = now() + IN_VAIN_MS;
    },
  };
}

/** Carries for how long the endpoint is to be left alone. */
class TokenRefused extends Error {
  readonly failure: StepFailure;
  readonly pauseMs: number;

  constructor(failure: StepFailure, pauseMs: number) {
    super(failure.message);
    this.name = 'TokenRefused';
    this.failure = failure;
    this.pauseMs = pauseMs;
  }
}

async function fetchToken(
  material: OAuth2ClientCredentials,
  entry: Entry,
  client: HttpClient,
): Promise<IssuedToken> {
  const { tokenServiceUrl } = material;
  const endpoint = URL.canParse(tokenServiceUrl) ? shownUrl(new URL(tokenServiceUrl)) : '';
  let answer = await ask(material, entry.basic, client);
  if (answer.status === 401 && isAmbiguous(material)) {
    const other = entry.basic === 'encoded' ? 'raw' : 'encoded';
    const second = await ask(material, other, client);
    if (second.status !== 401) {
      answer = second;
      entry.basic = other;
    }
  }
  try {
    return readTokenAnswer(answer, material, endpoint);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    const asked = retryAfterMs(answer.headers.get('retry-after')?.values[0]);
    throw new TokenRefused(error, Math.min(asked ?? FAILURE_MS, MAX_FAILURE_MS));
  }
}

async function ask(
  material: OAuth2ClientCredentials,
  basic: BasicForm,
  client: HttpClient,
): Promise<HttpAnswer> {
  const { url, headers, body } = tokenRequest(material, basic);
  const request = {
    url,
    method: 'POST',
    headers,
    timeLimitMs: TIME_LIMIT_MS,
    largestBody: LARGEST_ANSWER,
    confidential: true,
    ...(body === undefined ? {} : { body }),
  };
  try {
    return await client.send(request).catch((error: unknown) => {
      // A kept connection may have ended; a token that is asked for twice does no harm.
      if (error instanceof FetchFault && error.reason === 'broken') return client.send(request);
      throw error;
    });
  } catch (error) {
    if (!(error instanceof FetchFault)) throw error;
    const text = `No access token for the OAuth2 credential ${quotedName(material)}: ${error.message}`;
    throw new TokenRefused(new StepFailure('token_endpoint', text, error), FAILURE_MS);
  }
}

/** A message that runs out of time leaves the fetch to the others. */
async function within(
  fetching: Promise<string>,
  deadline: number,
  now: () => number,
  material: OAuth2ClientCredentials,
): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const overtime = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        const text = `The access token for the OAuth2 credential ${quotedName(material)} did not come in time.`;
        reject(new StepFailure('receiver_timeout', text));
      },
      Math.max(0, deadline - now()),
    );
  });
  try {
    return await Promise.race([fetching, overtime]);
  } finally {
    clearTimeout(timer);
  }
}
