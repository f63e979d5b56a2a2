import type { Client } from './client.ts';
import type { ClientStore } from './client-store.ts';
import type { Page, PageRequest } from './page.ts';

/** Clients that one search request looks at, at most. */
export const MOST_SEARCHED = 2000;
const AT_A_TIME = 500;

/**
 * Clients with `text` in id or name, in any case; all of them for an empty text. One call looks at
 * no more than {@link MOST_SEARCHED}: a page may hold few clients or none and still have a next one.
 */
export async function searchClients(
  store: Pick<ClientStore, 'list'>,
  text: string,
  { after, limit }: PageRequest,
): Promise<Page<Client>> {
  if (text === '') return store.list({ after, limit });
  const wanted = text.toLowerCase();
  const items: Client[] = [];
  let next = after;
  for (let searched = 0; searched < MOST_SEARCHED; searched += AT_A_TIME) {
    const page = await store.list({ after: next, limit: AT_A_TIME });
    for (const client of page.items) {
      const matches =
        client.clientId.toLowerCase().includes(wanted) ||
        client.clientName.toLowerCase().includes(wanted);
      if (!matches) continue;
      // One more than the page holds: only then is it known that there is a next one.
      if (items.length === limit) return { items, next: items.at(-1)?.clientId };
      items.push(client);
    }
    if (page.next === undefined) return { items, next: undefined };
    next = page.next;
  }
  return { items, next };
}
