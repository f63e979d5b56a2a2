import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { testStorage } from '../support/azurite.ts';
import { type App, redeem, registerApp, requestOf } from '../support/authorization.ts';
import { openBrowser, watch } from '../support/browser.ts';
import { type Instance, type Management, manage, startInstance } from '../support/instance.ts';
import { makeUser, PASSWORD, Person } from '../support/people.ts';
import { findViolations } from './axe.ts';

let browser: Browser;
let instance: Instance;
let admin: Management;
let callback: string;

/** An app on another origin: it answers that the person has arrived. */
const app = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><html lang="en"><title>App</title><h1>Arrived</h1></html>');
});

before(async () => {
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  callback = `http://127.0.0.1:${(app.address() as AddressInfo).port}/cb`;
  const storage = await testStorage();
  // People reach it by http here, so its cookies are those for http.
  instance = await startInstance(storage, { FLOWGATE_ISSUER: 'http://flowgate.example' });
  [admin, browser] = await Promise.all([manage(instance), openBrowser()]);
  await makeUser(admin, 'kay');
  await new Person(instance.url).signInFirst('kay');
});

after(async () => {
  await browser.close();
  app.close();
});

async function open(javaScriptEnabled: boolean): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    javaScriptEnabled,
    viewport: { width: 320, height: 640 },
  });
  context.setDefaultTimeout(10_000);
  return { context, page: await context.newPage() };
}

const register = (settings = {}): Promise<App> =>
  registerApp(admin, { client_name: 'Orders <b>', redirect_uris: [callback], ...settings });

/** Signs in where the request has led to, by keyboard. */
async function signIn(page: Page): Promise<void> {
  await page.locator('input:focus').waitFor();
  await page.keyboard.type('kay');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
}

for (const javaScriptEnabled of [true, false]) {
  test(`by keyboard alone: sign in, read what is asked, allow it, arrive at the app (scripts ${javaScriptEnabled ? 'on' : 'off'})`, async () => {
    const client = await register();
    const { context, page } = await open(javaScriptEnabled);
    const watched = watch(context, instance.url);
    await page.goto(instance.url + requestOf(client, { redirect_uri: callback }));
    await signIn(page);
    await page.getByRole('heading', { name: 'Allow Orders <b>?' }).waitFor();
    const text = await page.locator('main').innerText();
    assert.match(text, /kay/);
    assert.match(text, /read/);
    assert.match(text, new RegExp(new URL(callback).host));
    assert.deepEqual(watched, { foreign: [], complaints: [] });
    await page.getByRole('button', { name: 'Allow', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Arrived' }).waitFor();
    const { origin, pathname, searchParams } = new URL(page.url());
    assert.equal(origin + pathname, callback);
    assert.equal(searchParams.get('state'), 'a state');
    const tokens = await redeem(instance, client, searchParams.get('code') ?? '', callback);
    assert.equal(tokens.status, 200, JSON.stringify(tokens.body));
    await context.close();
  });
}

test('the consent page is usable by a screen reader, and not wider than a small screen', async () => {
  const { context, page } = await open(true);
  await page.goto(instance.url + requestOf(await register(), { redirect_uri: callback }));
  await signIn(page);
  await page.getByRole('button', { name: 'Do not allow' }).waitFor();
  assert.deepEqual(await findViolations(page), []);
  const width = await page.evaluate('document.documentElement.scrollWidth');
  assert.ok(Number(width) <= 320, `${String(width)} px`);
  await context.close();
});

test('who does not allow it arrives at the app with access_denied', async () => {
  const { context, page } = await open(false);
  await page.goto(instance.url + requestOf(await register(), { redirect_uri: callback }));
  await signIn(page);
  await page.getByRole('button', { name: 'Do not allow' }).click();
  await page.getByRole('heading', { name: 'Arrived' }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied');
  await context.close();
});

test('a sign-in leads on to an app that asks nobody', async () => {
  const client = await register({ skip_consent: true });
  const { context, page } = await open(true);
  const watched = watch(context, instance.url);
  await page.goto(instance.url + requestOf(client, { redirect_uri: callback }));
  await signIn(page);
  await page.getByRole('heading', { name: 'Arrived' }).waitFor();
  assert.ok(new URL(page.url()).searchParams.has('code'));
  assert.deepEqual(watched.complaints, []);
  await context.close();
});
