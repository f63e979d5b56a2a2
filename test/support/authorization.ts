import { hash, randomBytes } from 'node:crypto';
import type { Instance, Management } from './instance.ts';
import { FIRST_PASSWORD, makeUser, type PageSeen, PASSWORD, Person } from './people.ts';

export const CALLBACK = 'https://app.example/cb';
export const VERIFIER = randomBytes(32).toString('base64url');

export interface App {
  readonly id: string;
  /** '' for a public client. */
  readonly secret: string;
}

/** Registers a client that people allow things, with scopes `read` and `write`. */
export async function registerApp(
  admin: Management,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<App> {
  const id = `app-${randomBytes(4).toString('hex')}`;
  const response = await admin.send('POST', '/registry/v1/clients', {
    client_id: id,
    client_name: 'The app',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [CALLBACK],
    scope: 'read write',
    ...settings,
  });
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  const { client_secret = '' } = (await response.json()) as { client_secret?: string };
  return { id, secret: client_secret };
}

/** A person with an account, who has signed in. */
export async function signedInPerson(
  instance: Instance,
  admin: Management,
  user: string,
): Promise<Person> {
  await makeUser(admin, user);
  const person = new Person(instance.url);
  const seen = await person.signInFirst(user);
  if (seen.status >= 400) throw new Error(`${FIRST_PASSWORD} / ${PASSWORD}: ${seen.text}`);
  return person;
}

/** Path and query of an authorization request of the app. */
export function requestOf(app: App, changes: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: app.id,
    redirect_uri: CALLBACK,
    scope: 'read',
    state: 'a state',
    code_challenge: hash('sha256', VERIFIER, 'base64url'),
    code_challenge_method: 'S256',
    ...changes,
  });
  return `/oauth2/api/v1/authorize?${query.toString()}`;
}

/** Follows a request to its end, allowing it where asked. @returns where the browser goes. */
export async function allow(person: Person, pathAndQuery: string): Promise<URL> {
  let seen: PageSeen = await person.get(pathAndQuery);
  if (seen.hidden['csrf'] !== undefined) {
    seen = await person.post('/oauth2/api/v1/authorize', { ...seen.hidden, decision: 'allow' });
  }
  if (seen.leadsTo === undefined) throw new Error(`${seen.status}: ${seen.text}`);
  return new URL(seen.leadsTo, person.url);
}

export async function obtainCode(person: Person, app: App): Promise<string> {
  const code = (await allow(person, requestOf(app))).searchParams.get('code');
  if (code === null) throw new Error('There is no code');
  return code;
}

/** What the token endpoint of an instance answers. */
export async function askForTokens(
  instance: Instance,
  app: App,
  form: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const response = await fetch(`${instance.url}/oauth2/api/v1/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      client_id: app.id,
      ...(app.secret === '' ? {} : { client_secret: app.secret }),
      ...form,
    }).toString(),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export const redeem = (
  instance: Instance,
  app: App,
  code: string,
  redirectUri = CALLBACK,
): ReturnType<typeof askForTokens> =>
  askForTokens(instance, app, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: VERIFIER,
  });

export const refresh = (
  instance: Instance,
  app: App,
  token: unknown,
): ReturnType<typeof askForTokens> =>
  askForTokens(instance, app, { grant_type: 'refresh_token', refresh_token: String(token) });
