import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { testStorage, type TestStorage } from './azurite.ts';
import {
  ADMIN,
  type Credentials,
  fetchToken,
  type Instance,
  ISSUER,
  type Management,
  manage,
  startInstance,
} from './instance.ts';

/**
 * The deployment that a suite speaks HTTP with: one instance of its own over Azurite, or with
 * `npm run test:remote` the deployment at a base URL, which others use at the same time and which
 * may run on several instances. A suite that takes either exports `REMOTE = true`; one that cannot
 * exports `LOCAL_ONLY` with the reason, which that command prints.
 */
export interface Target {
  /** No trailing slash. */
  readonly url: string;
  /** Where to ask as well: other instances of one deployment. A remote one has its address alone. */
  readonly urls: readonly string[];
  /** What its metadata says: not always where it is reached. */
  readonly issuer: string;
  readonly subscriptions: { readonly iflmap: string; readonly tmn: string };
  readonly administrator: Credentials;
  readonly admin: Management;
  /**
   * A name of this run: of a client, role, package, iFlow, or the first segment of an address. What
   * is left of it on a remote deployment is found by this and removed.
   */
  readonly name: (text: string) => string;
  /**
   * What a flow leaves in the message log is written behind the answer, and another instance may be
   * asked for it: waits until it is there.
   */
  readonly logged: () => Promise<void>;
  /**
   * Runs a check until it passes or what an instance remembers is as old as it may be. Of one
   * instance every change is seen at once: there it has to pass the first time.
   */
  readonly eventually: <T>(check: () => Promise<T>) => Promise<T>;
}

export interface OwnTarget extends Target {
  readonly storage: TestStorage;
  readonly instance: Instance;
}

/** Begins every mark, so that what a run has left is known for what it is. */
export const MARK = /^fgt[0-9a-f]{8}$/;
export const newMark = (): string => `fgt${randomBytes(4).toString('hex')}`;

/** How long another instance may hold on to what it has read (docs/limits.md), and a little more. */
const STALE_MS = 32_000;
/** The message log is written half a second after the first entry. */
const WRITTEN_MS = 1500;

/**
 * The one place that decides where a suite runs.
 * @param instances how many to start where they are the suite's own.
 */
export async function openTarget({ instances = 1 } = {}): Promise<Target> {
  const url = process.env['FLOWGATE_REMOTE_URL'];
  if (url !== undefined) return openRemoteTarget(url, process.env);
  const target = await openOwnTarget({}, newMark());
  const others = Array.from({ length: instances - 1 }, () => startInstance(target.storage));
  const urls = (await Promise.all(others)).map((instance) => instance.url);
  return { ...target, urls: [target.url, ...urls] };
}

/** An instance of the suite's own, for what needs its storage or its settings; names as they are. */
export async function openOwnTarget(
  env: Readonly<Record<string, string>> = {},
  mark = '',
): Promise<OwnTarget> {
  const storage = await testStorage();
  const instance = await startInstance(storage, env);
  const subscriptions = { iflmap: 'flowgateiflmap', tmn: 'flowgatetmn' };
  return {
    storage,
    instance,
    url: instance.url,
    urls: [instance.url],
    issuer: ISSUER,
    subscriptions,
    administrator: ADMIN,
    admin: await manage(instance, { mark }),
    name: (text) => mark + text,
    logged: () => Promise.resolve(),
    eventually: (check) => check(),
  };
}

async function openRemoteTarget(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Target> {
  const setting = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '') throw new Error(`${name} is not set.`);
    return value;
  };
  const administrator = {
    id: setting('FLOWGATE_REMOTE_CLIENT_ID'),
    secret: setting('FLOWGATE_REMOTE_CLIENT_SECRET'),
  };
  // The run's mark, then one of this suite alone: suites choose the same names.
  const mark = setting('FLOWGATE_REMOTE_MARK') + randomBytes(3).toString('hex');
  const subscriptions = await readSubscriptions(url, administrator);
  const metadata = await fetch(`${url}/.well-known/oauth-authorization-server`);
  const { issuer } = (await metadata.json()) as { issuer: string };
  return {
    url,
    urls: [url],
    issuer,
    subscriptions,
    administrator,
    admin: await manage({ url }, { administrator, mark, iflmap: subscriptions.iflmap }),
    name: (text) => mark + text,
    logged: () => sleep(WRITTEN_MS),
    eventually: untilStale,
  };
}

/** @throws {Error} when the client may not read them, or one of the two is not there. */
export async function readSubscriptions(
  url: string,
  administrator: Credentials,
): Promise<Target['subscriptions']> {
  const token = await fetchToken(url, administrator.id, administrator.secret);
  const response = await fetch(`${url}/registry/v1/subscriptions`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (response.status !== 200) {
    throw new Error(`The subscriptions are refused with ${response.status}.`);
  }
  const { items } = (await response.json()) as {
    items: { subscription: string; application: string }[];
  };
  const named = (application: string): string => {
    const found = items.find((item) => item.application === application);
    if (found === undefined) throw new Error(`There is no subscription of ${application}.`);
    return found.subscription;
  };
  return { iflmap: named('iflmap'), tmn: named('tmn') };
}

async function untilStale<T>(check: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + STALE_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(1000);
    }
  }
}
