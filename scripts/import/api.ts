import { setTimeout as wait } from 'node:timers/promises';
import { objectIn, parse, textIn } from '../api/json.ts';
import type { Target } from '../api/target.ts';
import { fetchToken, reach } from '../api/token.ts';

/** What the API answers: the entity, if there is one, or its sentence of refusal. */
export type ApiAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly entity: Readonly<Record<string, unknown>>;
    }
  | { readonly ok: false; readonly status: number; readonly text: string };

export interface Api {
  /** @param path below `/api/v1/`. @throws {CommandError} when it cannot be reached or signed in to. */
  send(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
}

/** How often a call is sent again that was refused for load (503, 429). */
const MOST_TRIES = 5;

/** Signs in by client credentials; the token is fetched once, and again when it has expired. */
export async function openApi(target: Target): Promise<Api> {
  let token = await fetchToken(target);
  const sendOnce = (method: string, path: string, body: unknown): Promise<Response> =>
    reach(`${target.url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  return {
    async send(method, path, body) {
      let response = await sendOnce(method, path, body);
      if (response.status === 401) {
        token = await fetchToken(target);
        response = await sendOnce(method, path, body);
      }
      for (let tries = 1; [429, 503].includes(response.status) && tries < MOST_TRIES; tries += 1) {
        await wait(1000 * (Number(response.headers.get('retry-after')) || tries));
        response = await sendOnce(method, path, body);
      }
      const answer = parse(await response.text());
      const { status } = response;
      if (response.ok) return { ok: true, status, entity: objectIn(answer, 'd') };
      const text = textIn(objectIn(objectIn(answer, 'error'), 'message'), 'value');
      return { ok: false, status, text: text === '' ? `The answer is ${status}.` : text };
    },
  };
}
