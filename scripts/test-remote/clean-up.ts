import { manage } from '../../test/support/instance.ts';
import type { Target } from '../../test/support/target.ts';

type Place = Pick<Target, 'url' | 'administrator' | 'subscriptions'>;

/**
 * Removes what carries the run's mark, in whatever state its tests have left it: clients (with the
 * assignments of their users), other assignments of the roles that tests give, roles, deployments,
 * iFlows and packages. Entries of the message log and the audit trail stay until they expire.
 * @returns what was removed, one path each.
 */
export async function cleanUp(place: Place, mark: string): Promise<readonly string[]> {
  const admin = await manage(place, { administrator: place.administrator });
  const removed: string[] = [];
  const remove = async (path: string): Promise<void> => {
    const response = await admin.send('DELETE', path, undefined, { 'if-match': '*' });
    if (response.status === 404) return;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    removed.push(path);
  };
  const read = async (path: string): Promise<unknown> => {
    const response = await admin.send('GET', path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  /** All pages of a list of the registry. */
  const list = async (path: string): Promise<readonly Record<string, string>[]> => {
    const all: Record<string, string>[] = [];
    let cursor = '';
    do {
      const page = (await read(`${path}${cursor}`)) as {
        items: Record<string, string>[];
        next_cursor?: string | null;
      };
      all.push(...page.items);
      cursor = page.next_cursor ? `&cursor=${encodeURIComponent(page.next_cursor)}` : '';
    } while (cursor !== '');
    return all;
  };
  const mine = (name: string | undefined): name is string => name?.startsWith(mark) === true;

  for (const client of await list(`/registry/v1/clients?q=${mark}&limit=200`)) {
    const id = client['client_id'];
    if (mine(id)) await remove(`/registry/v1/clients/${encodeURIComponent(id)}`);
  }
  const roles = `/registry/v1/subscriptions/${place.subscriptions.iflmap}/roles`;
  for (const { role } of await list(`${roles}?limit=200`)) {
    if (mine(role)) await remove(`${roles}/${encodeURIComponent(role)}`);
  }
  const users = `${roles}/ESBMessaging.send/users`;
  for (const { user } of await list(`${users}?limit=200`)) {
    if (mine(user)) await remove(`${users}/${encodeURIComponent(user)}`);
  }
  for (const set of ['IntegrationRuntimeArtifacts', 'IntegrationPackages']) {
    const { d } = (await read(`/api/v1/${set}`)) as { d: { results: { Id: string }[] } };
    for (const { Id } of d.results) if (mine(Id)) await remove(`/api/v1/${set}('${Id}')`);
  }
  return removed;
}
