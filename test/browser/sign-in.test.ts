import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { testStorage } from '../support/azurite.ts';
import { openBrowser, watch, type Watched } from '../support/browser.ts';
import { type Management, manage, startInstance } from '../support/instance.ts';
import { findViolations } from './axe.ts';
import { FIRST_PASSWORD, makeUser, PASSWORD, Person } from '../support/people.ts';

let browser: Browser;
let admin: Management;
let origin: string;

before(async () => {
  const storage = await testStorage();
  // People reach it by http here, so its cookies are those for http.
  const instance = await startInstance(storage, { FLOWGATE_ISSUER: 'http://flowgate.example' });
  origin = instance.url;
  [admin, browser] = await Promise.all([manage(instance), openBrowser()]);
});

after(() => browser.close());

const ACCOUNT = '/oauth2/api/v1/account';

interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly watched: Watched;
}

async function visit(options: { javaScriptEnabled?: boolean } = {}): Promise<Visit> {
  const context = await browser.newContext({ ...options, viewport: { width: 320, height: 640 } });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  return { context, page, watched: watch(context, origin) };
}

/** Nothing from elsewhere was asked for, and the policy was not broken. */
function assertClean({ watched }: Visit): void {
  assert.deepEqual(watched, { foreign: [], complaints: [] });
}

const heading = (page: Page): Promise<string> => page.locator('h1').innerText();
const focused = (page: Page): Promise<string> => page.evaluate('document.activeElement.id');

/** Types where the focus is when the page has come; sends the form with Enter. */
async function fillIn(page: Page, ...texts: readonly string[]): Promise<void> {
  await page.locator('input:focus').waitFor();
  for (const [i, text] of texts.entries()) {
    if (i > 0) await page.keyboard.press('Tab');
    await page.keyboard.type(text);
  }
  await page.keyboard.press('Enter');
}

test('by keyboard alone: first password, its change, the account, sign out; nothing comes from elsewhere', async () => {
  await makeUser(admin, 'kay');
  const seen = await visit();
  const { page } = seen;
  await page.goto(origin + ACCOUNT);
  assert.equal(await heading(page), 'Sign in');
  assert.equal(await focused(page), 'username');
  await fillIn(page, 'kay', FIRST_PASSWORD);
  await page.getByRole('heading', { name: 'Choose your password' }).waitFor();
  assert.equal(await focused(page), 'new_password');
  await fillIn(page, PASSWORD, PASSWORD);
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  assert.equal(new URL(page.url()).pathname, ACCOUNT);
  assert.match(await page.locator('main').innerText(), /kay of the tests/);

  // The link to change the password, then the button.
  for (const text of ['Change your password', 'Sign out']) {
    await page.keyboard.press('Tab');
    assert.equal(await page.locator(':focus').innerText(), text);
  }
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Signed out' }).waitFor();
  await page.goto(origin + ACCOUNT);
  assert.equal(await heading(page), 'Sign in');
  assertClean(seen);
  await seen.context.close();
});

test('a wrong password is told in an alert that has the focus and that the fields name; what was typed as name stays', async () => {
  await makeUser(admin, 'wanda');
  const seen = await visit();
  const { page } = seen;
  await page.goto(`${origin}/oauth2/api/v1/sign-in`);
  await fillIn(page, 'wanda', 'not the password at all');
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.innerText(), /Check both and try again/);
  assert.equal(await focused(page), await alert.getAttribute('id'));
  assert.match(await page.title(), /^Error: Sign in/);
  for (const label of ['User name', 'Password']) {
    const input = page.getByLabel(label, { exact: true });
    assert.equal(await input.getAttribute('aria-invalid'), 'true');
    assert.match((await input.getAttribute('aria-describedby')) ?? '', /\berror\b/);
  }
  assert.equal(await page.getByLabel('User name').inputValue(), 'wanda');
  assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '');
  assertClean(seen);
  // And what would break the policy is seen: neither style nor script of anybody else is let in.
  await page.evaluate("document.body.setAttribute('style', 'color: red')");
  await page.evaluate(
    "document.body.append(Object.assign(document.createElement('script'), { text: '1' }))",
  );
  assert.equal(
    seen.watched.complaints.filter((text) => /Content Security Policy/.test(text)).length,
    2,
  );
  await seen.context.close();
});

test('all of it works without JavaScript', async () => {
  await makeUser(admin, 'nojs');
  const seen = await visit({ javaScriptEnabled: false });
  const { page } = seen;
  await page.goto(`${origin}/oauth2/api/v1/sign-in`);
  await page.getByLabel('User name').fill('nojs');
  await page.getByLabel('Password', { exact: true }).fill(FIRST_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password again').fill('something else of that length');
  await page.getByRole('button', { name: 'Change the password' }).click();
  assert.match(await page.getByRole('alert').innerText(), /not the same/);
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Signed out' }).waitFor();
  assertClean(seen);
  await seen.context.close();
});

test('the session cookie is out of reach of scripts, of other sites and of the data path', async () => {
  await makeUser(admin, 'cora');
  await new Person(origin).signInFirst('cora');
  const seen = await visit();
  const { page, context } = seen;
  await page.goto(`${origin}/oauth2/api/v1/sign-in`);
  await fillIn(page, 'cora', PASSWORD);
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  const session = (await context.cookies()).find(({ name }) => name === 'flowgate-session');
  assert.deepEqual(
    [session?.httpOnly, session?.sameSite, session?.path],
    [true, 'Lax', '/oauth2/api/v1/'],
  );
  assert.equal(await page.evaluate('document.cookie'), '');
  const response = await page.goto(`${origin}/registry/v1/clients`);
  assert.equal(response?.status(), 401);
  assert.equal((await response.request().allHeaders())['cookie'], undefined);
  await context.close();
});

test('every page passes the checks for accessibility, in light and in dark, at 320 pixels without scrolling sideways', async () => {
  await makeUser(admin, 'axel');
  const person = new Person(origin);
  await person.signInFirst('axel');
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 320, height: 640 },
    });
    const page = await context.newPage();
    const check = async (): Promise<void> => {
      assert.deepEqual(await findViolations(page), [], page.url());
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      assert.ok(Number(wide) <= 320, `${page.url()} is ${String(wide)} pixels wide`);
      assert.equal(await page.locator('main').count(), 1);
      assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    };
    await page.goto(`${origin}/oauth2/api/v1/sign-in`);
    await check();
    await fillIn(page, 'axel', 'a wrong one, certainly');
    await page.getByRole('alert').waitFor();
    await check();
    await page.goto(`${origin}/oauth2/api/v1/sign-in?return_to=https://evil.example/`);
    await check();
    await page.goto(`${origin}/oauth2/api/v1/sign-in`);
    await fillIn(page, 'axel', PASSWORD);
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
    await check();
    await page.getByRole('link', { name: 'Change your password' }).click();
    await check();
    await page.goto(`${origin}/oauth2/api/v1/sign-out`);
    await check();
    await context.close();
  }
});
