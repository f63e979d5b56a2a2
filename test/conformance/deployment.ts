import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import {
  basic,
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export const TOKEN_PATH = '/oauth2/api/v1/token';
export const FORM = 'application/x-www-form-urlencoded';

/** A running instance with one client that may call one iFlow, at `/http/hello`. */
export interface Deployment {
  readonly storage: TestStorage;
  readonly instance: Instance;
  readonly url: string;
  readonly admin: Management;
  readonly client: { readonly id: string; readonly secret: string };
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
  /** Messages that the iFlow has had. */
  readonly messages: () => Promise<number>;
}

export async function deploy(env: Readonly<Record<string, string>> = {}): Promise<Deployment> {
  const storage = await testStorage();
  const instance = await startInstance(storage, env);
  const { url } = instance;
  const admin = await manage(instance);
  const source = 'function processData(message) { message.setBody("hello"); return message; }';
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 'script1.js', source }];
  const bundle = buildBundle({ id: 'Hello', name: 'Hello', address: '/hello', steps });
  const status = await admin.deploy('Hello', bundle);
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
    storage,
    instance,
    url,
    admin,
    client,
    token: await fetchToken(url, client.id, client.secret),
    authorization,
    post: (form, headers = { authorization }) =>
      fetch(url + TOKEN_PATH, {
        method: 'POST',
        headers: { 'content-type': FORM, ...headers },
        body: form,
      }),
    call: (headers, init = {}) => fetch(`${url}/http/hello`, { ...init, headers }),
    async messages() {
      const filter = encodeURIComponent("IntegrationArtifact/Id eq 'Hello'");
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
