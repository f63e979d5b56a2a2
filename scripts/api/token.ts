import { CommandError, type Target } from './target.ts';
import { parse, textIn } from './json.ts';

/** The largest package takes seconds; SAP's own front end gives up after four minutes. */
const TIMEOUT_MS = 230_000;

/** A token by client credentials. @throws {CommandError} */
export async function fetchToken({ url, clientId, secret }: Target): Promise<string> {
  const response = await reach(`${url}/oauth2/api/v1/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${encodeCredentials(clientId, secret)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const answer = await response.text();
  if (response.status === 401) {
    throw new CommandError(`${url} refuses the client "${clientId}" or its secret.`);
  }
  const token = response.ok ? textIn(parse(answer), 'access_token') : '';
  if (token !== '') return token;
  throw new CommandError(
    `The token endpoint of ${url} answers ${response.status}: ${answer.slice(0, 300)}`,
  );
}

/** @throws {CommandError} when it cannot be reached. */
export async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const { message, cause } = error as Error & { readonly cause?: { readonly message?: string } };
    throw new CommandError(`${url} cannot be reached: ${cause?.message ?? message}.`, {
      cause: error,
    });
  }
}

/** RFC 6749 section 2.3.1: both are form-encoded before they are joined. */
function encodeCredentials(id: string, secret: string): string {
  const form = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
  return Buffer.from(`${form(id)}:${form(secret)}`).toString('base64');
}
