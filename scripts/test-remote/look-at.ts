import type { Credentials } from '../../test/support/instance.ts';
import { readSubscriptions, type Target } from '../../test/support/target.ts';

type Place = Pick<Target, 'url' | 'administrator' | 'subscriptions'>;

/** The run does not begin; the message says what to mend. */
export class Refused extends Error {}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** @throws {Refused} unless a Flowgate is there that is ready and takes the credentials. */
export async function lookAt(given: string, administrator: Credentials): Promise<Place> {
  const url = baseUrlOf(given);
  // Whatever Flowgate answers there, it answers as no other program does.
  const clients = await reach(`${url}/registry/v1/clients`);
  if (clients.headers.get('www-authenticate') !== 'Bearer realm="flowgate"') {
    throw new Refused(`There is no Flowgate at ${url}: its registry does not answer there.`);
  }
  const ready = await reach(`${url}/health/ready`);
  const health = await ready.text();
  if (ready.status !== 200) {
    throw new Refused(`Flowgate at ${url} is not ready: ${ready.status} ${health.slice(0, 300)}`);
  }
  try {
    const subscriptions = await readSubscriptions(url, administrator);
    return { url, administrator, subscriptions };
  } catch (error) {
    const { message } = error as Error;
    throw new Refused(
      `The client of FLOWGATE_REMOTE_CLIENT_ID cannot administer ${url}. ${message} It takes a client of the management node with the role AuthGroup.Administrator.`,
      { cause: error },
    );
  }
}

function baseUrlOf(given: string): string {
  if (!URL.canParse(given)) throw new Refused(`"${given}" is no URL, such as https://host.`);
  const { protocol, hostname, origin, pathname, search, username } = new URL(given);
  if (pathname !== '/' || search !== '' || username !== '') {
    throw new Refused('The base URL has a scheme, a host and perhaps a port, and nothing else.');
  }
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.includes(hostname))) {
    throw new Refused('Secrets and tokens are sent: the base URL is https, but for this machine.');
  }
  return origin;
}

async function reach(url: string): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(60_000) });
  } catch (error) {
    const { message, cause } = error as Error & { readonly cause?: { readonly message?: string } };
    throw new Refused(`${url} cannot be reached: ${cause?.message ?? message}.`, { cause: error });
  }
}
