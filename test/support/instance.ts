import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { Socket } from 'node:net';
import type { TestStorage } from './azurite.ts';

const root = join(import.meta.dirname, '..', '..');
/** The issuer of instances unless their environment says otherwise. */
export const ISSUER = 'https://flowgate.example';
export const ADMIN: Credentials = { id: 'test-admin', secret: 'a-secret-for-the-test-run' };

export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/** The master key of instances over this storage. */
export const masterKeyOf = (storage: TestStorage): Buffer => Buffer.alloc(32, storage.prefix);

export interface Instance {
  readonly url: string;
  readonly pid: number;
  /** SIGTERM: the host flushes and ends. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

interface InstanceOptions {
  /** The tree whose host it is, instead of this one. */
  readonly checkout?: string;
  /** The folder to serve, instead of that tree. */
  readonly app?: string;
  readonly nodeOptions?: readonly string[];
  /** For an instance that has to know its address beforehand. */
  readonly port?: number;
  /** The host logs everything. */
  readonly verbose?: boolean;
  /** Gets what it prints. */
  readonly onLog?: (text: string) => void;
}

/**
 * Starts the built app in a local Functions host: one instance. Several over the same storage and
 * environment are the instances of one deployment. Ended with the test file if it still runs.
 */
export async function startInstance(
  storage: TestStorage,
  env: Readonly<Record<string, string>> = {},
  options: InstanceOptions = {},
): Promise<Instance> {
  const { checkout = root, app = checkout, nodeOptions = [], port = 0, verbose, onLog } = options;
  const args = [join(checkout, 'local', 'host', 'main.ts'), '--app', app, '--port', String(port)];
  if (verbose === true) args.push('--verbose');
  const child = spawn(process.execPath, [...nodeOptions, ...args], {
    stdio: ['ignore', 'pipe', onLog === undefined ? 'inherit' : 'pipe'],
    env: {
      ...process.env,
      AzureWebJobsStorage: storage.connectionString,
      FLOWGATE_STORAGE_PREFIX: storage.prefix,
      FLOWGATE_MASTER_KEY: masterKeyOf(storage).toString('base64'),
      FLOWGATE_ISSUER: ISSUER,
      FLOWGATE_BOOTSTRAP_CLIENT_ID: ADMIN.id,
      FLOWGATE_BOOTSTRAP_CLIENT_SECRET: ADMIN.secret,
      ...env,
    },
  });
  const { stdout, stderr } = child;
  if (stdout === null) throw new Error('The host has no output');
  stderr?.on('data', (chunk: Buffer) => onLog?.(chunk.toString()));
  const exited = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    child.ref();
    await exited;
  };
  // Not after(): inside a hook that would end the instance with the hook.
  process.once('exit', () => child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    void exited.then(([code]) => reject(new Error(`The host ended with ${String(code)}`)));
    stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = /^\{.*\}$/m.exec(text)?.[0];
      if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
  });
  // It must not keep the test process alive.
  stdout.removeAllListeners('data').on('data', (chunk: Buffer) => onLog?.(chunk.toString()));
  for (const stream of [stdout, stderr]) if (stream instanceof Socket) stream.unref();
  child.unref();
  return { url, pid: child.pid ?? 0, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

/** The header for HTTP Basic authentication. */
export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** A token by client credentials. */
export async function fetchToken(url: string, id: string, secret: string): Promise<string> {
  const response = await fetch(`${url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
  });
  const body = (await response.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(`No token: ${JSON.stringify(body)}`);
  return body.access_token;
}

export interface Management {
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** Registers a client for iFlow calls, with `ESBMessaging.send` unless told. */
  registerClient(roles?: readonly string[]): Promise<Credentials>;
  /** Uploads and deploys a bundle. @returns the task's status. */
  deploy(id: string, bundle: Uint8Array): Promise<string>;
}

/**
 * Management calls, as the first administrator of {@link startInstance} unless told.
 * @param mark begins the names of what is made here.
 */
export async function manage(
  { url }: Pick<Instance, 'url'>,
  { administrator = ADMIN, iflmap = 'flowgateiflmap', mark = '' } = {},
): Promise<Management> {
  const token = await fetchToken(url, administrator.id, administrator.secret);
  const send: Management['send'] = (method, path, body, headers = {}) =>
    fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const expect = async (status: number, response: Promise<Response>): Promise<Response> => {
    const got = await response;
    if (got.status !== status) throw new Error(`${got.status}: ${await got.text()}`);
    return got;
  };
  const packageId = `${mark}TestPackage`;
  return {
    send,
    async registerClient(roles = ['ESBMessaging.send']) {
      const id = `${mark}c-${randomBytes(4).toString('hex')}`;
      const response = await expect(201, send('POST', '/registry/v1/clients', { client_id: id }));
      const { client_secret } = (await response.json()) as { client_secret: string };
      for (const role of roles) {
        const users = `/registry/v1/subscriptions/${iflmap}/roles/${role}/users`;
        await expect(204, send('PUT', `${users}/oauth_client_${id}`));
      }
      return { id, secret: client_secret };
    },
    async deploy(id, bundle) {
      const known = await send('GET', `/api/v1/IntegrationPackages('${packageId}')`);
      if (known.status === 404) {
        const made = { Id: packageId, Name: 'Test package', ShortText: 'x' };
        await expect(201, send('POST', '/api/v1/IntegrationPackages', made));
      }
      const content = Buffer.from(bundle).toString('base64');
      const artifact = { Id: id, Name: id, PackageId: packageId, ArtifactContent: content };
      await expect(201, send('POST', '/api/v1/IntegrationDesigntimeArtifacts', artifact));
      const deployed = await expect(
        202,
        send('POST', `/api/v1/DeployIntegrationDesigntimeArtifact?Id='${id}'&Version='active'`),
      );
      const task = await deployed.text();
      const status = await expect(
        200,
        send('GET', `/api/v1/BuildAndDeployStatus(TaskId='${task}')`),
      );
      return ((await status.json()) as { d: { Status: string } }).d.Status;
    },
  };
}
