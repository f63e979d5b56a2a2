import { isCustomHeader, isHeaderValue } from '../../net/custom-header.ts';
import { faultOfOutboundUrl } from '../../net/outbound-url.ts';
import type { PrivateHosts } from '../../net/private-hosts.ts';
import type { CustomParameter, Draft } from './material.ts';
import {
  invalid,
  LONGEST_DESCRIPTION,
  LONGEST_SECRET,
  requireName,
  requireOneOf,
  requireText,
} from './rules.ts';

/** The texts of a body, by property. */
type Given<P extends string> = Readonly<Partial<Record<P, string>>>;

/** SAP Help, Deploying a User Credentials Artifact. @throws {Fault} 400 */
export function userCredentials(
  given: Given<'Name' | 'Kind' | 'Description' | 'User' | 'Password' | 'CompanyId'>,
): Draft<'user-credentials'> {
  const name = requireName('credentials', given.Name);
  const userKind = requireOneOf(
    'Kind',
    given.Kind,
    {
      default: 'default',
      successfactors: 'successfactors',
      openconnectors: 'openconnectors',
    } as const,
    'default',
  );
  const companyId = requireText('CompanyId', given.CompanyId, {
    least: userKind === 'successfactors' ? 1 : 0,
  });
  if (given.Password === undefined) throw sendSecret('Password');
  return {
    kind: 'user-credentials',
    name,
    description: readDescription(given.Description),
    shown: { userKind, user: requireText('User', given.User), companyId },
    secret: { password: requireText('Password', given.Password, { most: LONGEST_SECRET }) },
  };
}

/** SAP Help, Deploying a Secure Parameter Artifact. @throws {Fault} 400 */
export function secureParameter(
  given: Given<'Name' | 'Description' | 'SecureParam'>,
): Draft<'secure-parameter'> {
  const name = requireName('credentials', given.Name);
  if (given.SecureParam === undefined) throw sendSecret('SecureParam');
  return {
    kind: 'secure-parameter',
    name,
    description: readDescription(given.Description),
    shown: {},
    secret: {
      value: requireText('SecureParam', given.SecureParam, {
        least: 1,
        most: LONGEST_SECRET,
        controls: true,
      }),
    },
  };
}

/** SAP Help, Deploying an OAuth2 Client Credentials Artifact. @throws {Fault} 400 */
export function oauth2ClientCredentials(
  given: Given<
    | 'Name'
    | 'Description'
    | 'TokenServiceUrl'
    | 'ClientId'
    | 'ClientSecret'
    | 'ClientAuthentication'
    | 'Scope'
    | 'ScopeContentType'
    | 'Resource'
    | 'Audience'
  >,
  parameters: readonly Given<'Key' | 'Value' | 'SendAsPartOf'>[],
  privateHosts: PrivateHosts,
): Draft<'oauth2-client-credentials'> {
  const name = requireName('credentials', given.Name);
  const tokenServiceUrl = requireText('TokenServiceUrl', given.TokenServiceUrl, {
    least: 1,
    most: 2000,
  });
  const fault = faultOfOutboundUrl(tokenServiceUrl, privateHosts);
  if (fault !== undefined) throw invalid(`Property 'TokenServiceUrl': ${fault}`);
  if (given.ClientSecret === undefined) throw sendSecret('ClientSecret');
  return {
    kind: 'oauth2-client-credentials',
    name,
    description: readDescription(given.Description),
    shown: {
      tokenServiceUrl,
      clientId: requireText('ClientId', given.ClientId, { least: 1 }),
      clientAuthentication: requireOneOf(
        'ClientAuthentication',
        given.ClientAuthentication,
        { body: 'body', header: 'header' } as const,
        'body',
      ),
      scope: requireText('Scope', given.Scope),
      contentType: requireOneOf(
        'ScopeContentType',
        given.ScopeContentType,
        {
          urlencoded: 'application/x-www-form-urlencoded',
          json: 'application/json',
          'application/x-www-form-urlencoded': 'application/x-www-form-urlencoded',
          'application/json': 'application/json',
        } as const,
        'application/x-www-form-urlencoded',
      ),
      resource: requireText('Resource', given.Resource),
      audience: requireText('Audience', given.Audience),
      customParameters: readCustomParameters(parameters),
    },
    secret: {
      clientSecret: requireText('ClientSecret', given.ClientSecret, {
        least: 1,
        most: LONGEST_SECRET,
      }),
    },
  };
}

const MOST_PARAMETERS = 20;
/** What the token request has anyway. */
const TAKEN = ['client_id', 'client_secret', 'grant_type'];

/** The rules are those of SAP Help, Deploying an OAuth2 Client Credentials Artifact. */
function readCustomParameters(
  given: readonly Given<'Key' | 'Value' | 'SendAsPartOf'>[],
): readonly CustomParameter[] {
  if (given.length > MOST_PARAMETERS) {
    throw invalid(`There are at most ${MOST_PARAMETERS} custom parameters.`);
  }
  const seen = new Set<string>();
  return given.map(({ Key, Value, SendAsPartOf }) => {
    const key = requireText('Key', Key, { least: 1 });
    const value = requireText('Value', Value, { least: 1 });
    const sendAs = requireOneOf(
      'SendAsPartOf',
      SendAsPartOf,
      { body: 'body', header: 'header', url: 'query' } as const,
      'body',
    );
    if (key.trim() === '' || value.trim() === '') {
      throw invalid('Key and Value of a custom parameter do not consist of spaces alone.');
    }
    if (TAKEN.includes(key.toLowerCase())) {
      throw invalid(`The Key of a custom parameter is none of ${TAKEN.join(', ')}.`);
    }
    if (sendAs === 'header') requireHeader(key, value);
    const all = JSON.stringify([key, value, sendAs]);
    if (seen.has(all)) throw invalid('Two custom parameters are the same. Send each once.');
    seen.add(all);
    return { key, value, sendAs };
  });
}

function requireHeader(name: string, value: string): void {
  if (!isCustomHeader(name)) {
    throw invalid(
      'The Key of a custom parameter that is sent as a header is a header name, and none that the token request has of its own.',
    );
  }
  if (!isHeaderValue(value)) {
    throw invalid(
      'The Value of a custom parameter that is sent as a header has ISO-8859-1 characters only.',
    );
  }
}

const readDescription = (text: string | undefined): string =>
  requireText('Description', text, { most: LONGEST_DESCRIPTION, controls: true });

/** SAP Help, Deploying an OAuth2 Client Credentials Artifact: an edit has the secret again. */
function sendSecret(property: string): Error {
  return invalid(
    `Property '${property}' is missing. It is never shown, and a change replaces everything: send it every time.`,
  );
}
