import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { Fault } from '../../../shared/http/fault.ts';
import { html } from '../../../shared/oauth/pages/html.ts';
import { pageSurface } from '../../../shared/oauth/pages/page-surface.ts';
import { page } from '../../../shared/oauth/pages/page.ts';
import { makeCall } from '../../support/call.ts';

const policyOf = (formTargets: readonly string[]): string =>
  page({ title: 'T', body: html``, formTargets }).headers?.['Content-Security-Policy'] ?? '';

test('values are escaped in text and attributes, HTML is not escaped twice, nothing stands for nothing', () => {
  const value = `<script>alert("x")</script>&'`;
  const escaped = '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;';
  const inner = html`<b title="${value}">${value}</b>`;
  assert.equal(inner.toString(), `<b title="${escaped}">${escaped}</b>`);
  const list = html`${inner}|${[html`<i>1</i>`, '<', 2]}|${undefined}${false}|${0}`;
  assert.equal(list.toString(), `${inner.toString()}|<i>1</i>&lt;2||0`);
});

test('a page allows its own stylesheet and forms to itself, and nothing else', () => {
  const { status, headers, body } = page({ title: 'A & B', body: html`<p>text</p>` });
  const text = String(body);
  const styles = [...text.matchAll(/<style>([^<]*)<\/style>/g)].map((match) => match[1] ?? '');
  assert.equal(styles.length, 1);
  assert.equal(
    headers?.['Content-Security-Policy'],
    `default-src 'none'; style-src 'sha256-${hash('sha256', styles[0] ?? '', 'base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  );
  assert.deepEqual(
    [status, headers['Content-Type'], headers['X-Frame-Options'], headers['Cache-Control']],
    [200, 'text/html; charset=utf-8', 'DENY', 'no-store'],
  );
  assert.equal(headers['Referrer-Policy'], 'no-referrer');
  assert.equal(headers['X-Content-Type-Options'], 'nosniff');
  assert.match(text, /^<!doctype html>\s*<html lang="en">/);
  assert.match(text, /<title>A &amp; B · Flowgate<\/title>/);
  assert.match(text, /<main>\s*<h1>A &amp; B<\/h1>/);
  assert.doesNotMatch(text, /<script|https?:|style=|\son[a-z]+=/);
});

test('a form may lead to the origin of a redirect URI, its scheme where it has no such origin', () => {
  const policy = policyOf([
    'https://app.example/cb?x=1',
    'https://app.example/other',
    'http://127.0.0.1:4711/cb',
    'http://[::1]:4711/cb',
    'com.example.app:/cb',
  ]);
  assert.match(
    policy,
    /form-action 'self' https:\/\/app\.example http:\/\/127\.0\.0\.1:4711 http: com\.example\.app:;/,
  );
  // What could end the directive is no part of an origin.
  assert.match(
    policyOf(["https://app.example/;script-src 'unsafe-inline'"]),
    /'self' https:\/\/app\.example; frame/,
  );
});

test('an error is a page with its text, which is escaped, and the number of the call', () => {
  const call = makeCall({ path: '/oauth2/api/v1/sign-in' });
  const reply = pageSurface.toReply(new Fault(403, 'No <b>.', { reason: 'x' }), call);
  assert.equal(reply.status, 403);
  assert.match(String(reply.body), /<p role="alert">No &lt;b&gt;\.<\/p>/);
  assert.ok(String(reply.body).includes(call.invocationId));
});
