import { hash } from 'node:crypto';
import type { Cookie, HttpReply } from '../../http/call.ts';
import { Html, html } from './html.ts';
import { STYLESHEET } from './stylesheet.ts';

export interface Page {
  /** Of the window and, as the one `h1`, of the page. */
  readonly title: string;
  /** What follows the heading. */
  readonly body: Html;
  /** The form that was sent is shown again: the window's title says so first. */
  readonly isRefused?: boolean;
  /** 200 unless told. */
  readonly status?: number;
  /**
   * Addresses that the answer to a form of this page may redirect to, besides our own: Chromium holds
   * `form-action` against every redirect that follows a form.
   */
  readonly formTargets?: readonly string[];
  /** An address of ours where the browser goes on by itself. */
  readonly goOnTo?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly Cookie[];
}

const STYLE = new Html(`<style>${STYLESHEET}</style>`);
const STYLE_SOURCE = `'sha256-${hash('sha256', STYLESHEET, 'base64')}'`;

/**
 * A page for people: HTML that needs no script, loads nothing, is in no frame, and is kept nowhere.
 */
export function page({ title, body, status = 200, goOnTo, ...rest }: Page): HttpReply {
  const { formTargets = [], headers = {}, cookies = [], isRefused = false } = rest;
  const goOn =
    goOnTo !== undefined && html`<meta http-equiv="refresh" content="0; url=${goOnTo}" />`;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        ${goOn}
        <title>${isRefused && 'Error: '}${title} · Flowgate</title>
        ${STYLE}
      </head>
      <body>
        <header>Flowgate</header>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`;
  return {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy(formTargets),
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Cache-Control': 'no-store',
      ...headers,
    },
    cookies,
    body: document.toString(),
  };
}

function policy(formTargets: readonly string[]): string {
  const targets = [...new Set(["'self'", ...formTargets.map(sourceOf)])].join(' ');
  return `default-src 'none'; style-src ${STYLE_SOURCE}; form-action ${targets}; frame-ancestors 'none'; base-uri 'none'`;
}

/**
 * The narrowest source expression (CSP Level 3 section 2.3.1) that an address matches: its origin. An
 * IPv6 address cannot stand in one, and a private scheme (RFC 8252 section 7.1) has no origin.
 */
function sourceOf(address: string): string {
  const { protocol, hostname, origin } = new URL(address);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  return isWeb && !hostname.startsWith('[') ? origin : protocol;
}
