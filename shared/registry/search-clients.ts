import type { Client } from './client.ts';
import type { ClientStore } from './client-store.ts';
import type { Page, PageRequest } from './page.ts';
import { search } from './search.ts';

/** Clients with `text` in id or name; see {@link search}. */
export function searchClients(
  store: Pick<ClientStore, 'list'>,
  text: string,
  request: PageRequest,
): Promise<Page<Client>> {
  return search(
    (page) => store.list(page),
    text,
    ({ clientId, clientName }) => [clientId, clientName],
    request,
  );
}
