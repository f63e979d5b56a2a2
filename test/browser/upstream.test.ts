import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { testStorage } from '../support/azurite.ts';
import { openBrowser } from '../support/browser.ts';
import { type Management, manage, startInstance } from '../support/instance.ts';
import { makeUser } from '../support/people.ts';
import {
  freePort,
  startUpstreamProvider,
  UPSTREAM_CLIENT,
  type UpstreamProvider,
} from '../support/upstream-provider.ts';

let browser: Browser;
let provider: UpstreamProvider;
let admin: Management;
let origin: string;

/** What the provider says of a person: the sign-in name there is the sub. */
const claimsOf = (sub: string) => ({
  name: `${sub} Upstream`,
  preferred_username: sub.replace(/^second-/, ''),
  email: `${sub}@example.com`,
  email_verified: true,
});

before(async () => {
  provider = await startUpstreamProvider(claimsOf);
  // The provider sends browsers back to an address that the instance knows as its own.
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const env = {
    FLOWGATE_ISSUER: origin,
    FLOWGATE_PRIVATE_HOSTS: provider.host,
    FLOWGATE_UPSTREAM_ISSUER: provider.issuer,
    FLOWGATE_UPSTREAM_CLIENT_ID: UPSTREAM_CLIENT.id,
    FLOWGATE_UPSTREAM_CLIENT_SECRET: UPSTREAM_CLIENT.secret,
    FLOWGATE_UPSTREAM_NAME: 'Corporate ID',
  };
  const instance = await startInstance(await testStorage(), env, { port });
  provider.register(`${origin}/oauth2/api/v1/sign-in/callback`);
  [admin, browser] = await Promise.all([manage(instance), openBrowser()]);
});

after(async () => {
  await browser.close();
  await provider.close();
});

/** A browser of its own at the provider's page for signing in. */
async function begin(): Promise<Page> {
  const context = await browser.newContext();
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  await page.goto(`${origin}/oauth2/api/v1/account`);
  await page.getByRole('link', { name: 'Sign in with Corporate ID' }).click();
  await page.locator('input[name=login]').waitFor();
  assert.equal(new URL(page.url()).origin, provider.issuer);
  return page;
}

/** Signs in there, where any password is right, and consents. */
async function signIn(page: Page, login: string): Promise<void> {
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.locator('button[type=submit]').click();
}

async function userOf(name: string): Promise<Record<string, unknown>> {
  return (await (await admin.send('GET', `/registry/v1/users/${name}`)).json()) as Record<
    string,
    unknown
  >;
}

test('a person signs in at the provider, has an account from then on, and comes back as the same', async () => {
  const page = await begin();
  await signIn(page, 'anna');
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  const text = await page.locator('main').innerText();
  assert.match(text, /anna Upstream/);
  assert.match(text, new RegExp(provider.issuer));
  assert.doesNotMatch(text, /Change your password/);
  const { user, upstream_issuer, upstream_subject, email, created_at } = await userOf('anna');
  assert.deepEqual(
    { user, upstream_issuer, upstream_subject, email },
    {
      user: 'anna',
      upstream_issuer: provider.issuer,
      upstream_subject: 'anna',
      email: 'anna@example.com',
    },
  );
  await page.context().close();

  const again = await begin();
  await signIn(again, 'anna');
  await again.getByRole('heading', { name: 'Your account' }).waitFor();
  assert.equal((await userOf('anna'))['created_at'], created_at);
  await again.context().close();
});

test('nobody takes over a local account, another person upstream, or the user of a client', async () => {
  await makeUser(admin, 'local');
  const before = await userOf('local');
  const taken = /belongs to another account here/;
  for (const [login, why] of [
    ['local', taken],
    ['second-anna', taken],
    ['oauth_client_test-admin', /no user name that this server can take/],
  ] as const) {
    const page = await begin();
    await signIn(page, login);
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
    assert.match(await page.getByRole('alert').innerText(), why, login);
    await page.goto(`${origin}/oauth2/api/v1/account`);
    assert.equal(await page.locator('h1').innerText(), 'Sign in', login);
    await page.context().close();
  }
  assert.deepEqual(await userOf('local'), before);
  assert.equal((await userOf('oauth_client_test-admin'))['status'], 404);
});

test('a user that an administrator has disabled is not let in by the provider either', async () => {
  const first = await begin();
  await signIn(first, 'dora');
  await first.getByRole('heading', { name: 'Your account' }).waitFor();
  const any = { 'if-match': '*' };
  await admin.send('PATCH', '/registry/v1/users/dora', { enabled: false }, any);
  await first.reload();
  await first.goto(`${origin}/oauth2/api/v1/account`);
  assert.equal(await first.locator('h1').innerText(), 'Sign in');
  await first.context().close();
  const page = await begin();
  await signIn(page, 'dora');
  await page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
  assert.match(await page.getByRole('alert').innerText(), /may not sign in here/);
  await page.context().close();
});

test('who turns back at the provider is told so on a page that leads to the other ways', async () => {
  const page = await begin();
  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
  assert.match(await page.getByRole('alert').innerText(), /Corporate ID has not signed you in/);
  await page.getByRole('link', { name: 'Sign in another way' }).click();
  assert.equal(await page.locator('h1').innerText(), 'Sign in');
  await page.context().close();
});

test('an answer of the provider is good only in the browser that has asked for it, and once (login CSRF)', async () => {
  const page = await begin();
  let answer = '';
  page.on('request', (request) => {
    if (request.url().startsWith(`${origin}/oauth2/api/v1/sign-in/callback?`))
      answer = request.url();
  });
  await signIn(page, 'eva');
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  assert.match(answer, /code=/);
  const victim = await browser.newContext();
  const other = await victim.newPage();
  await other.goto(answer);
  assert.match(await other.getByRole('alert').innerText(), /has not begun this sign-in/);
  await other.goto(`${origin}/oauth2/api/v1/account`);
  assert.equal(await other.locator('h1').innerText(), 'Sign in');
  await victim.close();

  await page.goto(answer);
  assert.match(await page.getByRole('alert').innerText(), /has not begun this sign-in/);
  await page.context().close();
});
