import * as z from 'zod/mini';
import { Problem, type ProblemDetail } from '../http/problem.ts';
import { parseAddress } from '../iflow/address.ts';
import { faultOfOutboundUrl } from '../net/outbound-url.ts';
import type { PrivateHosts } from '../net/private-hosts.ts';
import type { Members } from '../registry/api/json-body.ts';
import { parseMembers } from '../registry/api/parse-members.ts';
import { isRoleName } from '../registry/roles.ts';
import type { Draft } from '../registry/security-material/material.ts';
import { isName, LONGEST_SECRET, LONGEST_TEXT } from '../registry/security-material/rules.ts';
import type { Facade } from './facade-bundle.ts';

export interface FacadeRequest {
  readonly facade: Facade;
  /** Whether the caller has named the iFlow; else the address does. */
  readonly isNamed: boolean;
  readonly packageId: string | undefined;
  /** Undefined where credentials that are there are to be used. */
  readonly credential: Draft<'oauth2-client-credentials'> | undefined;
}

export const DEFAULT_PACKAGE = 'Facades';
const DEFAULT_HEADERS = ['Accept', 'Accept-Language'];
const MOST_HEADERS = 50;
const CONTROLS = /[\p{Cc}\p{Cs}]/u;

const atMost = (name: string, most: number) =>
  z.string(`${name} is text.`).check(z.maxLength(most, `${name} has at most ${most} characters.`));
const text = (name: string, most: number) =>
  atMost(name, most).check(
    z.minLength(1, `${name} is not empty.`),
    z.refine((value) => !CONTROLS.test(value), `${name} has no control characters.`),
  );
const matching = (name: string, test: (value: string) => boolean, what: string) =>
  z.string(`${name} is text.`).check(z.refine(test, `${name} ${what}`));

/** The part of a service key that counts (SAP Help, Creating Service Instances and Service Keys). */
const serviceKey = z.looseObject(
  {
    oauth: z.looseObject(
      {
        tokenurl: z.optional(atMost('tokenurl', 2000)),
        clientid: z.optional(atMost('clientid', LONGEST_TEXT)),
        clientsecret: z.optional(atMost('clientsecret', LONGEST_SECRET)),
        url: z.optional(atMost('url', 2000)),
      },
      'oauth is an object, as the service key has it.',
    ),
  },
  'service_key is the JSON of a service key, as the cockpit shows it.',
);

const schema = z.object({
  address: z.string('address is text, such as /v1/orders.'),
  target_url: z.string('target_url is text.'),
  service_key: z.optional(serviceKey),
  token_url: z.optional(text('token_url', 2000)),
  client_id: z.optional(text('client_id', LONGEST_TEXT)),
  client_secret: z.optional(text('client_secret', LONGEST_SECRET)),
  scope: z._default(
    z.string('scope is text.').check(
      z.maxLength(1024, 'scope has at most 1024 characters.'),
      z.refine((value) => !CONTROLS.test(value), 'scope has no control characters.'),
    ),
    '',
  ),
  client_authentication: z._default(
    z.enum(['header', 'body'], 'client_authentication is header or body.'),
    'header',
  ),
  credential_name: z.optional(
    matching(
      'credential_name',
      // To the receiver a name is an expression.
      (name) => isName('credentials', name) && !/[{}]/.test(name),
      'has 1 to 150 characters, none of them a control character or { or }, and no space at either end.',
    ),
  ),
  iflow_id: z.optional(
    matching(
      'iflow_id',
      (id) => /^[A-Za-z_][A-Za-z0-9_.-]{0,119}$/.test(id),
      'begins with a letter or an underscore and has at most 120 letters, digits and the signs _ . -',
    ),
  ),
  name: z.optional(text('name', 200)),
  package_id: z.optional(
    matching(
      'package_id',
      (id) => /^[A-Za-z0-9]{1,120}$/.test(id),
      'has 1 to 120 letters and digits.',
    ),
  ),
  user_role: z._default(
    matching('user_role', isRoleName, 'has 1 to 100 of the characters A-Z a-z 0-9 _ . -'),
    'ESBMessaging.send',
  ),
  csrf_protected: z._default(z.boolean('csrf_protected is true or false.'), false),
  request_headers: z._default(
    z
      .array(
        matching(
          'request_headers',
          (name) => /^[!#$%&'*+.^_`~0-9A-Za-z-]{1,100}$/.test(name) && name !== '*',
          'are names of headers.',
        ),
        'request_headers is an array of names.',
      )
      .check(z.maxLength(MOST_HEADERS, `request_headers has at most ${MOST_HEADERS} names.`)),
    DEFAULT_HEADERS,
  ),
});

/** Reads what a facade is to be. @throws {Problem} 422 with every invalid member */
export function readFacadeRequest(members: Members, privateHosts: PrivateHosts): FacadeRequest {
  const given = parseMembers(schema, members, []);
  const errors: ProblemDetail[] = [];
  const fault = (member: string, detail: string): void =>
    void errors.push({ pointer: `/${member}`, detail });

  const address = parseAddress(given.address);
  if (typeof address === 'string') fault('address', address);
  const iflowId = given.iflow_id ?? idFor(given.address);
  const key = given.service_key?.oauth;
  const targetUrl = given.target_url.startsWith('/')
    ? (key?.url ?? '').replace(/\/$/, '') + given.target_url
    : given.target_url;
  const clause = faultOfTarget(targetUrl, privateHosts);
  if (clause !== undefined) fault('target_url', clause);

  const credentialName = given.credential_name ?? iflowId;
  const { token_url: tokenUrl, client_id: clientId, client_secret: clientSecret } = given;
  const sent = [tokenUrl, clientId, clientSecret];
  if (key !== undefined && sent.some((one) => one !== undefined)) {
    fault('service_key', 'Send service_key, or token_url, client_id and client_secret; not both.');
  }
  const oauth = {
    tokenUrl: tokenUrl ?? key?.tokenurl,
    clientId: clientId ?? key?.clientid,
    clientSecret: clientSecret ?? key?.clientsecret,
  };
  const isToBeMade = key !== undefined || sent.some((one) => one !== undefined);
  if (!isToBeMade && given.credential_name === undefined) {
    fault(
      'token_url',
      'Send token_url, client_id and client_secret, or service_key; or the credential_name of OAuth2 client credentials that are there.',
    );
  }
  const credential = isToBeMade
    ? readCredential(given, oauth, credentialName, privateHosts, fault)
    : undefined;
  if (errors.length > 0) throw Problem.invalid(errors);
  return {
    facade: {
      iflowId,
      name: given.name ?? iflowId,
      address: given.address,
      targetUrl,
      userRole: given.user_role,
      csrfProtected: given.csrf_protected,
      credentialName,
      requestHeaders: given.request_headers,
    },
    isNamed: given.iflow_id !== undefined,
    packageId: given.package_id,
    credential,
  };
}

function readCredential(
  given: Pick<z.output<typeof schema>, 'scope' | 'client_authentication' | 'service_key'>,
  {
    tokenUrl,
    clientId,
    clientSecret,
  }: Readonly<Record<'tokenUrl' | 'clientId' | 'clientSecret', string | undefined>>,
  name: string,
  privateHosts: PrivateHosts,
  fault: (member: string, detail: string) => void,
): Draft<'oauth2-client-credentials'> | undefined {
  const isKey = given.service_key !== undefined;
  const place = (member: string, inKey: string): string =>
    isKey ? `service_key/oauth/${inKey}` : member;
  const missing = (
    [
      [tokenUrl, 'token_url', 'tokenurl'],
      [clientId, 'client_id', 'clientid'],
      [clientSecret, 'client_secret', 'clientsecret'],
    ] as const
  ).filter(([value]) => value === undefined || value === '' || CONTROLS.test(value));
  for (const [, member, inKey] of missing) {
    const hint =
      isKey && inKey === 'clientsecret'
        ? ' Make a service key of the type ClientId/Secret: one with a certificate has none.'
        : '';
    fault(place(member, inKey), `${isKey ? inKey : member} is missing.${hint}`);
  }
  if (tokenUrl === undefined || clientId === undefined || clientSecret === undefined) {
    return undefined;
  }
  const clause = faultOfOutboundUrl(tokenUrl, privateHosts);
  if (clause !== undefined) fault(place('token_url', 'tokenurl'), clause);
  return {
    kind: 'oauth2-client-credentials',
    name,
    description: 'Of a facade',
    shown: {
      tokenServiceUrl: tokenUrl,
      clientId,
      clientAuthentication: given.client_authentication,
      scope: given.scope,
      contentType: 'application/x-www-form-urlencoded',
      resource: '',
      audience: '',
      customParameters: [],
    },
    secret: { clientSecret },
  };
}

/** A URL is an expression to the receiver, and its query is the caller's. */
function faultOfTarget(targetUrl: string, privateHosts: PrivateHosts): string | undefined {
  if (targetUrl.startsWith('/')) {
    return 'target_url is a whole URL, or the path of one where a service_key tells the rest in its url.';
  }
  if (/[{}]/.test(targetUrl)) return 'target_url has no { and no }.';
  if (targetUrl.includes('?')) return 'target_url has no query: that of the caller is handed on.';
  return faultOfOutboundUrl(targetUrl, privateHosts);
}

/** `/v1/orders/*` gives `Facade_v1_orders`. */
function idFor(address: string): string {
  const words = address.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return ['Facade', ...words].join('_').slice(0, 120);
}
