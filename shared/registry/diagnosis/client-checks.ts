import type { Subscriptions } from '../../config/subscriptions.ts';
import { addressOf } from '../api/request.ts';
import { isClientId } from '../client-id.ts';
import { type Client, userOfClient } from '../client.ts';
import { checkAuthentication } from './authentication-check.ts';
import { type Check, fail, pass } from './check.ts';

const USER_PREFIX = 'oauth_client_';

/** What stands in the way of a client getting a token that iFlows accept. */
export function checkClient(
  client: Client,
  now: number,
  authMethods: readonly string[],
): readonly Check[] {
  return [
    checkExistence(client),
    checkEnabled(client),
    checkAuthentication(client, now, authMethods),
    checkGrant(client),
  ];
}

function checkExistence(client: Client): Check {
  const since = timeOf(client.createdAt);
  return pass(
    'client_exists',
    `The client ${client.clientId} is registered since ${since}; tokens that were issued before are refused.`,
  );
}

/** @param others ids that might be meant, as {@link similarIds} finds them. */
export function explainAbsence(clientId: string, others: readonly string[]): Check {
  const shown = clientId.slice(0, 100);
  const bare = clientId.slice(USER_PREFIX.length);
  if (clientId.startsWith(USER_PREFIX) && others.includes(bare)) {
    return fail(
      'client_exists',
      `${shown} is not a client id: it is the user that the client ${bare} acts as.`,
      `Sign in with the client_id ${bare}; its diagnosis is GET ${addressOf('clients', bare, 'diagnosis')}.`,
    );
  }
  const other = others.find((id) => id.toLowerCase() === clientId.toLowerCase());
  if (other !== undefined) {
    return fail(
      'client_exists',
      `There is no client ${shown}. Client ids are case-sensitive: there is ${other}.`,
      `Sign in with the client_id ${other}; its diagnosis is GET ${addressOf('clients', other, 'diagnosis')}.`,
    );
  }
  if (!isClientId(clientId)) {
    return fail(
      'client_exists',
      `${JSON.stringify(shown)} cannot be a client id: one has 1 to 100 of the characters A-Z a-z 0-9 . _ ~ -.`,
      `Look the client up with GET ${addressOf('clients')}?q= and a part of its name.`,
    );
  }
  return fail(
    'client_exists',
    `There is no client ${shown}; it may have been deleted, which also ends its tokens.`,
    `Register it with POST ${addressOf('clients')} and {"client_id":"${shown}"}, or look up its right id with GET ${addressOf('clients')}?q=.`,
  );
}

/** What else an id that is not there could be meant for. */
export function similarIds(clientId: string): {
  readonly text: string;
  matches(id: string): boolean;
} {
  const bare = clientId.startsWith(USER_PREFIX) ? clientId.slice(USER_PREFIX.length) : clientId;
  return {
    text: bare,
    matches: (id) => id === bare || id.toLowerCase() === clientId.toLowerCase(),
  };
}

function checkEnabled({ clientId, enabled }: Client): Check {
  if (enabled) return pass('client_enabled', 'The client is enabled.');
  return fail(
    'client_enabled',
    'The client is disabled: it gets no token, and the tokens that it has are refused.',
    `Enable it with PATCH ${addressOf('clients', clientId)}, If-Match: * and {"enabled":true}.`,
  );
}

function checkGrant({ clientId, grantTypes }: Client): Check {
  if (grantTypes.includes('client_credentials')) {
    return pass('grant_allowed', 'The client may use the grant client_credentials.');
  }
  if (grantTypes.length > 0) {
    return pass(
      'grant_allowed',
      `The client may use ${grantTypes.join(', ')}: its tokens speak for users, and their roles decide. For tokens of ${userOfClient(clientId)} it needs client_credentials too.`,
    );
  }
  return fail(
    'grant_allowed',
    'The client may not use the grant client_credentials.',
    `Allow it with PATCH ${addressOf('clients', clientId)}, If-Match: * and {"grant_types":["client_credentials"]}.`,
  );
}

/** @param callsFlow whether the token is wanted for an iFlow, or for whatever it is good for. */
export function checkSubscription(
  { clientId, subscription }: Client,
  { iflmap, tmn }: Subscriptions,
  callsFlow: boolean,
): Check {
  if (subscription === iflmap) {
    return pass('subscription', `Its tokens are for ${iflmap}, the runtime that iFlows run in.`);
  }
  if (subscription === tmn && !callsFlow) {
    return pass(
      'subscription',
      `Its tokens are for ${tmn}, the management node; no iFlow takes them.`,
    );
  }
  const found = subscription === tmn ? `${tmn}, the management node` : subscription;
  return fail(
    'subscription',
    `Its tokens are for ${found}, but iFlows run in ${iflmap}.`,
    `Change it with PATCH ${addressOf('clients', clientId)}, If-Match: * and {"subscription":"${iflmap}"}, then request a new token.`,
  );
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
