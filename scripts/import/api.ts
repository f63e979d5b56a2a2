import { setTimeout as wait } from 'node:timers/promises';
import { ImportError, type ImportOptions } from './options.ts';

/** What the API answers: the entity, if there is one, or its sentence of refusal. */
export type ApiAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly entity: Readonly<Record<string, unknown>>;
    }
  | { readonly ok: false; readonly status: number; readonly text: string };

export interface Api {
  /** @param path below `/api/v1/`. @throws {ImportError} when it cannot be reached or signed in to. */
  send(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
}

/** The largest package takes seconds; SAP's own front end gives up after four minutes. */
const TIMEOUT_MS = 230_000;
/** How often a call is sent again that was refused for load (503, 429). */
const MOST_TRIES = 5;

/** Signs in by client credentials; the token is fetched once, and again when it has expired. */
export async function openApi({
  url,
  clientId,
  secret,
}: Pick<ImportOptions, 'url' | 'clientId' | 'secret'>): Promise<Api> {
  const fetchToken = async (): Promise<string> => {
    const response = await reach(`${url}/oauth2/api/v1/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${encodeCredentials(clientId, secret)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const answer = await response.text();
    if (response.status === 401) {
      throw new ImportError(`${url} refuses the client "${clientId}" or its secret.`);
    }
    const token = response.ok ? textIn(parse(answer), 'access_token') : '';
    if (token !== '') return token;
    throw new ImportError(
      `The token endpoint of ${url} answers ${response.status}: ${answer.slice(0, 300)}`,
    );
  };

  let token = await fetchToken();
  const sendOnce = (method: string, path: string, body: unknown): Promise<Response> =>
    reach(`${url}/api/v1/${path}`, {
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
        token = await fetchToken();
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

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const { message, cause } = error as Error & { readonly cause?: { readonly message?: string } };
    throw new ImportError(`${url} cannot be reached: ${cause?.message ?? message}.`, {
      cause: error,
    });
  }
}

/** RFC 6749 section 2.3.1: both are form-encoded before they are joined. */
function encodeCredentials(id: string, secret: string): string {
  const form = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
  return Buffer.from(`${form(id)}:${form(secret)}`).toString('base64');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function objectIn(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const member = isObject(value) ? value[name] : undefined;
  return isObject(member) ? member : {};
}

export function textIn(value: unknown, name: string): string {
  const member = isObject(value) ? value[name] : undefined;
  return typeof member === 'string' ? member : '';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
