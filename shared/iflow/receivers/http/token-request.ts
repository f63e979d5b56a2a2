import { isCustomHeader, isHeaderValue } from '../../../net/custom-header.ts';
import type { OAuth2ClientCredentials } from '../../services/security-material.ts';
import { StepFailure } from '../../steps/step-failure.ts';

/** A token request by client credentials (RFC 6749 section 4.4.2). */
export interface TokenRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** How id and secret are written in the header: see {@link isAmbiguous}. */
export type BasicForm = 'encoded' | 'raw';

/** Custom parameters are about the token; these say who asks for it, and how. */
const NOT_CUSTOM = new Set(['client_id', 'client_secret', 'grant_type']);

/** @throws {StepFailure} for a custom parameter that cannot be sent. */
export function tokenRequest(material: OAuth2ClientCredentials, basic: BasicForm): TokenRequest {
  const custom = material.customParameters.filter(({ key }) => !NOT_CUSTOM.has(key));
  const headers: Record<string, string> = { Accept: 'application/json' };
  for (const { key, value, sendAs } of custom) {
    if (sendAs !== 'header') continue;
    if (!isCustomHeader(key) || !isHeaderValue(value)) {
      throw new StepFailure(
        'credential',
        `The OAuth2 credential ${quotedName(material)} has a custom parameter that cannot be sent as a header: ${JSON.stringify(key.slice(0, 100))}.`,
      );
    }
    const before = Object.keys(headers).find((name) => name.toLowerCase() === key.toLowerCase());
    // RFC 9110 section 5.3.
    if (before === undefined) headers[key] = value;
    else headers[before] = `${headers[before] ?? ''}, ${value}`;
  }
  const inQuery = new URLSearchParams(
    custom.filter(({ sendAs }) => sendAs === 'query').map(({ key, value }) => [key, value]),
  ).toString();
  const { tokenServiceUrl } = material;
  const separator = tokenServiceUrl.includes('?') ? '&' : '?';
  const url = inQuery === '' ? tokenServiceUrl : tokenServiceUrl + separator + inQuery;

  const parameters = new Map<string, string | readonly string[]>();
  // As SAP's own walk-through has it: in the URL alone. RFC 6749 section 3.2: not twice.
  if (!/[?&]grant_type=/.test(tokenServiceUrl)) parameters.set('grant_type', 'client_credentials');
  if (material.clientAuthentication === 'header') {
    headers['Authorization'] = basicHeader(material, basic);
  } else {
    parameters.set('client_id', material.clientId);
    parameters.set('client_secret', material.clientSecret);
  }
  for (const name of ['scope', 'resource', 'audience'] as const) {
    if (material[name] !== '') parameters.set(name, material[name]);
  }
  const inBody = custom.filter(({ sendAs }) => sendAs === 'body');
  for (const { key } of inBody) {
    const values = inBody.filter((one) => one.key === key).map(({ value }) => value);
    parameters.set(key, values.length === 1 ? (values[0] ?? '') : values);
  }
  if (parameters.size === 0) return { url, headers, body: undefined };
  const isJson = material.contentType === 'application/json';
  headers['Content-Type'] = material.contentType;
  const text = isJson
    ? JSON.stringify(Object.fromEntries(parameters))
    : new URLSearchParams(
        [...parameters].flatMap(([key, given]) => [given].flat().map((value) => [key, value])),
      ).toString();
  return { url, headers, body: Buffer.from(text) };
}

/** What decoding would change, or where the pair would be parted. */
const ID_DECODED = /[^!-~]|[%+:]/gu;
const SECRET_DECODED = /[^!-~]|[%+]/gu;

/**
 * RFC 6749 section 2.3.1 has id and secret form-encoded before they are joined. Servers that do not
 * decode them are common, SAP's among them, and their ids hold `!` and `|`: so what decoding leaves
 * alone is not encoded, and both kinds of server read the same.
 */
function basicHeader({ clientId, clientSecret }: OAuth2ClientCredentials, form: BasicForm): string {
  const pair =
    form === 'raw'
      ? `${clientId}:${clientSecret}`
      : `${encodeWhatIsDecoded(clientId, ID_DECODED)}:${encodeWhatIsDecoded(clientSecret, SECRET_DECODED)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

function encodeWhatIsDecoded(text: string, pattern: RegExp): string {
  return text.toWellFormed().replace(pattern, (sign) => encodeURIComponent(sign));
}

/** Whether a server that decodes id and secret reads another pair than one that does not. */
export function isAmbiguous(material: OAuth2ClientCredentials): boolean {
  return (
    material.clientAuthentication === 'header' &&
    basicHeader(material, 'raw') !== basicHeader(material, 'encoded')
  );
}

/** The secret as it is, and as it is written on the way: an endpoint may quote what it was sent. */
export function writtenSecrets(material: OAuth2ClientCredentials): readonly string[] {
  const { clientSecret } = material;
  if (clientSecret === '') return [];
  const wellFormed = clientSecret.toWellFormed();
  return [
    clientSecret,
    encodeURIComponent(wellFormed),
    new URLSearchParams({ '': wellFormed }).toString().slice(1),
    encodeWhatIsDecoded(clientSecret, SECRET_DECODED),
    JSON.stringify(clientSecret).slice(1, -1),
    ...(['raw', 'encoded'] as const).map((form) =>
      basicHeader(material, form).slice('Basic '.length).replace(/=+$/, ''),
    ),
  ];
}

export function quotedName({ name }: Pick<OAuth2ClientCredentials, 'name'>): string {
  return JSON.stringify(name.slice(0, 100));
}
