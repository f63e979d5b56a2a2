import type { Client } from './client.ts';
import type { ClientStore } from './client-store.ts';
import type { Page, PageRequest } from './page.ts';
import { search } from './search.ts';

/** Clients with `text` in id or name that are as `keep` says; see {@link search}. */
export function searchClients(
  store: Pick<ClientStore, 'list'>,
  text: string,
  request: PageRequest,
  keep?: (client: Client) => boolean,
): Promise<Page<Client>> {
  return search(
    (page) => store.list(page),
    text,
    ({ clientId, clientName }) => [clientId, clientName],
    request,
    keep,
  );
}
