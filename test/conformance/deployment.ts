import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { basic, type Credentials, fetchToken } from '../support/instance.ts';
import { type RawAnswer, sendRaw, wire } from '../support/raw-http.ts';
import { openOwnTarget, openTarget, type OwnTarget, type Target } from '../support/target.ts';

export const TOKEN_PATH = '/oauth2/api/v1/token';
export const FORM = 'application/x-www-form-urlencoded';

/** A deployment with one client that may call one iFlow. */
export interface Deployment extends Target {
  /** The path of the iFlow, `/http` included. */
  readonly hello: string;
  readonly client: Credentials;
  /** The client's. */
  readonly token: string;
  /** The client's Basic credentials. */
  readonly authorization: string;
  /** Posts a form to the token endpoint, with the client's Basic credentials unless told. */
  readonly post: (form: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;
  /** Calls the iFlow. */
  readonly call: (
    headers: Readonly<Record<string, string>>,
    init?: RequestInit,
  ) => Promise<Response>;
  /** Writes to the server as {@link wire} makes it. */
  readonly raw: (
    method: string,
    path: string,
    headers?: readonly (readonly [string, string])[],
    body?: string,
  ) => Promise<RawAnswer | undefined>;
  /** Messages that the iFlow has had. */
  readonly messages: () => Promise<number>;
}

/** On the deployment under test. */
export const deploy = async (): Promise<Deployment> => deployAt(await openTarget());

/** On an instance of its own, whose storage and settings the suite needs. */
export const deployOwn = async (
  env: Readonly<Record<string, string>> = {},
): Promise<Deployment & OwnTarget> => {
  const target = await openOwnTarget(env);
  return { ...target, ...(await deployAt(target)) };
};

async function deployAt(target: Target): Promise<Deployment> {
  const { url, admin, name } = target;
  const id = name('Hello');
  const hello = `/http/${id.toLowerCase()}`;
  const source = 'function processData(message) { message.setBody("hello"); return message; }';
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 'script1.js', source }];
  const bundle = buildBundle({ id, name: id, address: `/${id.toLowerCase()}`, steps });
  const status = await admin.deploy(id, bundle);
  if (status !== 'SUCCESS') throw new Error(`The iFlow was not deployed: ${status}`);
  const client = await admin.registerClient();
  const scoped = await admin.send(
    'PATCH',
    `/registry/v1/clients/${client.id}`,
    { scope: 'read write' },
    { 'if-match': '*' },
  );
  if (scoped.status !== 200) throw new Error(await scoped.text());
  const authorization = basic(client.id, client.secret);
  return {
    ...target,
    hello,
    client,
    token: await fetchToken(url, client.id, client.secret),
    authorization,
    post: (form, headers = { authorization }) =>
      fetch(url + TOKEN_PATH, {
        method: 'POST',
        headers: { 'content-type': FORM, ...headers },
        body: form,
      }),
    call: (headers, init = {}) => fetch(url + hello, { ...init, headers }),
    raw: (method, path, headers, body) =>
      sendRaw(url, wire(method, path, headers, body, new URL(url).host)),
    async messages() {
      await target.logged();
      const filter = encodeURIComponent(`IntegrationArtifact/Id eq '${id}'`);
      const count = await admin.send(
        'GET',
        `/api/v1/MessageProcessingLogs/$count?$filter=${filter}`,
      );
      return Number(await count.text());
    },
  };
}

export type Members = Readonly<Record<string, unknown>>;

export async function membersOf(response: Response): Promise<Members> {
  return (await response.json()) as Members;
}

/** Header and claims of a JWT, unverified. */
export function decode(token: string): { readonly header: Members; readonly claims: Members } {
  const [header, claims] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Members);
  if (header === undefined || claims === undefined) throw new Error('This is no JWT.');
  return { header, claims };
}
