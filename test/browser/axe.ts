import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * What of a page is against the rules of axe-core (WCAG 2.2 A and AA, and best practices), with the
 * elements. It is run past the page's policy, which lets no script in.
 */
export async function findViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(
    `axe.run(document).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' | ')))`,
  );
  return found as string[];
}
