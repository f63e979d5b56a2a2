import type { Page, PageRequest } from './page.ts';

/** Items that one search request looks at, at most. */
export const MOST_SEARCHED = 2000;
const AT_A_TIME = 500;

/**
 * A page of what has `text` in one of its texts, in any case; of everything for an empty text. One call
 * looks at no more than {@link MOST_SEARCHED}: a page may hold few items or none and still have a next
 * one.
 * @param textsOf the first is the name that pages go by.
 * @param keep what else an item has to be.
 */
export async function search<T>(
  list: (page: PageRequest) => Promise<Page<T>>,
  text: string,
  textsOf: (item: T) => readonly [name: string, ...others: string[]],
  { after, limit }: PageRequest,
  keep?: (item: T) => boolean,
): Promise<Page<T>> {
  if (text === '' && keep === undefined) return list({ after, limit });
  const wanted = text.toLowerCase();
  const items: T[] = [];
  let next = after;
  for (let searched = 0; searched < MOST_SEARCHED; searched += AT_A_TIME) {
    const page = await list({ after: next, limit: AT_A_TIME });
    for (const item of page.items) {
      if (!textsOf(item).some((one) => one.toLowerCase().includes(wanted))) continue;
      if (keep?.(item) === false) continue;
      // One more than the page holds: only then is it known that there is a next one.
      const last = items.at(-1);
      if (items.length === limit) {
        return { items, next: last === undefined ? undefined : textsOf(last)[0] };
      }
      items.push(item);
    }
    if (page.next === undefined) return { items, next: undefined };
    next = page.next;
  }
  return { items, next };
}
