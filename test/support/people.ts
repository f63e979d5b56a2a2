import type { Management } from './instance.ts';

export const FIRST_PASSWORD = 'the first one, told by phone';
export const PASSWORD = 'six walnuts under the old bridge';

/** Makes a user with {@link FIRST_PASSWORD}, which is to be changed. */
export async function makeUser(admin: Management, user: string): Promise<void> {
  const body = { user, display_name: `${user} of the tests`, password: FIRST_PASSWORD };
  const made = await admin.send('POST', '/registry/v1/users', body);
  if (made.status !== 201) throw new Error(`${made.status}: ${await made.text()}`);
}

export type Fetch = (
  url: string,
  init: {
    readonly method?: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly redirect: 'manual';
  },
) => Promise<Response>;

/** What a browser does with our pages, without one: it keeps cookies, sends forms, follows by hand. */
export class Person {
  readonly cookies = new Map<string, string>();
  url: string;
  readonly #fetch: Fetch;

  /**
   * @param url of the instance that it talks to; may be changed at any time.
   * @param send in the place of HTTP.
   */
  constructor(url: string, send: Fetch = fetch) {
    this.url = url;
    this.#fetch = send;
  }

  async get(path: string): Promise<PageSeen> {
    return this.#read(
      await this.#fetch(this.url + path, { headers: this.#headers(), redirect: 'manual' }),
    );
  }

  /** Sends a form with these fields; what is hidden in it is among them, or is not sent. */
  async post(path: string, fields: Readonly<Record<string, string>>): Promise<PageSeen> {
    const response = await this.#fetch(this.url + path, {
      method: 'POST',
      headers: { ...this.#headers(), 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
      redirect: 'manual',
    });
    return this.#read(response);
  }

  /** Loads the sign-in page and sends it. */
  async signIn(username: string, password: string, returnTo?: string): Promise<PageSeen> {
    const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
    const form = await this.get(`/oauth2/api/v1/sign-in${query}`);
    return this.post('/oauth2/api/v1/sign-in', { ...form.hidden, username, password });
  }

  /** Signs in for the first time and chooses {@link PASSWORD}. */
  async signInFirst(username: string): Promise<PageSeen> {
    await this.signIn(username, FIRST_PASSWORD);
    const form = await this.get('/oauth2/api/v1/sign-in/password');
    return this.post('/oauth2/api/v1/sign-in/password', {
      ...form.hidden,
      new_password: PASSWORD,
      new_password_again: PASSWORD,
    });
  }

  /** The heading of the account page; `Sign in` where one has to. */
  async account(): Promise<string> {
    const seen = await this.get('/oauth2/api/v1/account');
    return seen.status === 303 ? 'Sign in' : seen.heading;
  }

  #headers(): Record<string, string> {
    if (this.cookies.size === 0) return {};
    return { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  }

  async #read(response: Response): Promise<PageSeen> {
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/;\s*max-age=0/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return seenPage(response.status, response.headers, await response.text());
  }
}

export interface PageSeen {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly heading: string;
  /** Text of the element with role `alert`; '' without one. */
  readonly alert: string;
  /** Fields that are hidden in forms. */
  readonly hidden: Readonly<Record<string, string>>;
  /** Where the answer leads: a redirect, or a page that goes on by itself. */
  readonly leadsTo: string | undefined;
}

export function seenPage(status: number, headers: Headers, text: string): PageSeen {
  const hidden: Record<string, string> = {};
  for (const match of text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    hidden[match[1] ?? ''] = unescapeHtml(match[2] ?? '');
  }
  const refresh = /http-equiv="refresh" content="0; url=([^"]*)"/.exec(text)?.[1];
  return {
    status,
    headers,
    text,
    heading: /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? '',
    alert: unescapeHtml(/role="alert"[^>]*>([^<]*)</.exec(text)?.[1] ?? ''),
    hidden,
    leadsTo: headers.get('location') ?? (refresh === undefined ? undefined : unescapeHtml(refresh)),
  };
}

const unescapeHtml = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
