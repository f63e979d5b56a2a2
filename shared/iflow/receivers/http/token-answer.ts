import type { HttpAnswer } from '../../../net/http-client.ts';
import type { OAuth2ClientCredentials } from '../../services/security-material.ts';
import { StepFailure } from '../../steps/step-failure.ts';
import { quotedName, writtenSecrets } from './token-request.ts';

/** What a token endpoint has answered, read by RFC 6749 section 5. */
export interface IssuedToken {
  readonly value: string;
  readonly lifetimeMs: number;
}

/** RFC 6749 section 5.1 leaves it to the server's documentation; SAP's connectivity policy caches an hour. */
const DEFAULT_LIFETIME_S = 3600;
/** However long the server says: it may have ended the token long before. */
const MAX_LIFETIME_S = 12 * 3600;

/**
 * Reads the answer of a token endpoint.
 * @param endpoint how sentences name it.
 * @throws {StepFailure} with the endpoint's own error, where it has given one.
 */
export function readTokenAnswer(
  answer: HttpAnswer,
  material: OAuth2ClientCredentials,
  endpoint: string,
): IssuedToken {
  const said = readObject(answer.body);
  if (answer.status < 200 || answer.status > 299) throw refusal(answer, said, material, endpoint);
  const value = said['access_token'];
  // RFC 6750 section 2.1, and what no header takes.
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(value)) {
    throw unusable(material, endpoint, 'answers without an access token that can be sent');
  }
  const type = said['token_type'];
  // RFC 6749 section 7.1: a token of a type that is not understood is not used. SAP API Management
  // says BearerToken.
  if (type !== undefined && !(typeof type === 'string' && /^bearer(token)?$/i.test(type))) {
    throw unusable(material, endpoint, 'answers with a token of another type than Bearer');
  }
  return { value, lifetimeMs: readLifetime(said['expires_in']) * 1000 };
}

/** Some servers send a string. SAP's on Neo says 0 for a token without end. */
function readLifetime(expiresIn: unknown): number {
  const seconds =
    typeof expiresIn === 'string' && /^\d{1,15}$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== 'number' || !(seconds > 0)) return DEFAULT_LIFETIME_S;
  return Math.min(seconds, MAX_LIFETIME_S);
}

function readObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : {};
  } catch (error) {
    // Its text would quote the answer.
    if (!(error instanceof SyntaxError)) throw error;
    return {};
  }
}

/** RFC 6749 section 5.2: of these characters, and no more than a log can bear. */
const MAX_ERROR_CHARACTERS = 100;
const MAX_DESCRIPTION_CHARACTERS = 300;

function refusal(
  answer: HttpAnswer,
  said: Readonly<Record<string, unknown>>,
  material: OAuth2ClientCredentials,
  endpoint: string,
): StepFailure {
  const secrets = writtenSecrets(material).map((secret) => secret.toLowerCase());
  const handOn = (value: unknown, most: number): string => {
    if (typeof value !== 'string') return '';
    // Percent-encoding may be in either case.
    const lowerCase = value.toLowerCase();
    if (secrets.some((secret) => lowerCase.includes(secret))) return '';
    return value
      .slice(0, most)
      .replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, ' ')
      .trim();
  };
  const error = handOn(said['error'], MAX_ERROR_CHARACTERS);
  const description = handOn(said['error_description'], MAX_DESCRIPTION_CHARACTERS);
  const told = error === '' ? '' : `: ${error}${description === '' ? '' : ` (${description})`}`;
  return new StepFailure(
    'token_endpoint',
    `The token endpoint ${endpoint} answers the OAuth2 credential ${quotedName(material)} with status ${answer.status}${told}.`,
    undefined,
    {
      class: 'org.apache.camel.component.ahc.AhcOperationFailedException',
      statusCode: answer.status,
      statusText: handOn(answer.statusText, MAX_DESCRIPTION_CHARACTERS),
      responseBody: JSON.stringify({
        ...(error === '' ? {} : { error }),
        ...(description === '' ? {} : { error_description: description }),
      }),
    },
  );
}

function unusable(material: OAuth2ClientCredentials, endpoint: string, what: string): StepFailure {
  const text = `The token endpoint ${endpoint} of the OAuth2 credential ${quotedName(material)} ${what}.`;
  return new StepFailure('token_endpoint', text);
}
