import assert from 'node:assert/strict';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import type { TestStorage } from '../support/azurite.ts';
import { basic, type Instance, type Management, startInstance } from '../support/instance.ts';

/** What a caller got, and how long it took. */
export interface Outcome {
  readonly status: number;
  readonly ms: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

/** An answer may take this long, whatever is broken; callers that wait longer have been left hanging. */
export const ANSWER_MS = 15_000;

/** Sends a request that must be answered within {@link ANSWER_MS}, and holds every answer to what none may hold. */
export async function ask(url: string, init: RequestInit = {}): Promise<Outcome> {
  const startedAt = performance.now();
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
  const text = await response.text();
  const outcome = {
    status: response.status,
    ms: performance.now() - startedAt,
    retryAfter: response.headers.get('retry-after'),
    text,
  };
  if (outcome.status >= 400) assertTellsNothing(text);
  return outcome;
}

/** No text of a library, no address of storage, no stack. */
function assertTellsNothing(text: string): void {
  assert.doesNotMatch(
    text,
    /ECONN|EPIPE|RestError|AbortError|aborted|devstoreaccount|127\.0\.0\.1|node_modules|\n\s+at |azure/i,
  );
}

/** A 503 that says when to come back, and whose text says what is wrong. */
export function assertStorageAway(outcome: Outcome): void {
  assert.equal(outcome.status, 503, outcome.text);
  assert.match(outcome.retryAfter ?? '', /^\d+$/);
  assert.match(outcome.text, /Storage does not answer\. Try again in a few seconds\./);
}

export const askToken = (url: string, id: string, secret: string): Promise<Outcome> =>
  ask(`${url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
  });

export const askFlow = (url: string, path: string, token: string): Promise<Outcome> =>
  ask(`${url}/http${path}`, { headers: { authorization: `Bearer ${token}` } });

export const tokenIn = ({ status, text }: Outcome): string => {
  assert.equal(status, 200, text);
  return (JSON.parse(text) as { access_token: string }).access_token;
};

/** A bundle whose one Content Modifier answers `hello`. */
export const helloFlow = (id: string, address: string): Uint8Array =>
  buildBundle({
    id,
    name: id,
    address,
    steps: [
      { type: 'contentModifier', name: 'Hello', body: { type: 'constant', content: 'hello' } },
    ],
  });

export const startAt = (
  storage: TestStorage,
  connectionString: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Instance> => startInstance({ ...storage, connectionString }, env);

/** How many messages of an iFlow are in the log. */
export async function countMessages(admin: Management, id: string): Promise<number> {
  const filter = encodeURIComponent(`IntegrationArtifact/Id eq '${id}'`);
  const count = await admin.send('GET', `/api/v1/MessageProcessingLogs/$count?$filter=${filter}`);
  return Number(await count.text());
}

/** Tries until `attempt` does not throw. @returns milliseconds that it took. */
export async function eventually(
  withinMs: number,
  attempt: () => Promise<void> | void,
): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    try {
      await attempt();
      return performance.now() - startedAt;
    } catch (error) {
      if (performance.now() - startedAt > withinMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
