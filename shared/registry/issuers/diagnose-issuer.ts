import type { Clock } from '../../config/clock.ts';
import type { Subscriptions } from '../../config/subscriptions.ts';
import { type FetchedKeys, fetchKeys, isSourceFault } from '../../jwt/fetch-keys.ts';
import type { PublicKey } from '../../jwt/public-keys.ts';
import { FetchFault } from '../../net/fetch-fault.ts';
import type { JsonClient } from '../../net/json-client.ts';
import type { ClientStore } from '../client-store.ts';
import { type Check, type Diagnosis, fail, pass } from '../diagnosis/check.ts';
import type { RoleStore } from '../role-store.ts';
import { findSubscription, listRoles } from '../roles.ts';
import { diagnoseToken, type TokenCheckName } from './diagnose-token.ts';
import { sourceOf, type TrustedIssuer } from './issuer.ts';

export type IssuerCheckName =
  'issuer_enabled' | 'keys_fetched' | 'keys_usable' | 'clients_registered' | 'roles_exist';

export interface IssuerDiagnosisDeps {
  readonly subscriptions: Subscriptions;
  readonly clients: Pick<ClientStore, 'read'>;
  readonly roles: RoleStore;
  readonly issuers: { readonly json: JsonClient };
  readonly clock: Clock;
}

/**
 * Fetches the keys of an issuer now, and holds its rules against what is registered.
 * @param token is walked through what it meets at dispatch as well.
 */
export async function diagnoseIssuer(
  issuer: TrustedIssuer,
  deps: IssuerDiagnosisDeps,
  token?: string,
): Promise<Diagnosis<IssuerCheckName | TokenCheckName>> {
  const { checks: ofKeys, keys } = await checkKeys(issuer, deps.issuers.json);
  const ofToken =
    token === undefined
      ? []
      : await diagnoseToken(issuer, token, keys, {
          roles: deps.roles,
          now: deps.clock.now() / 1000,
        });
  const checks = [
    checkEnabled(issuer),
    ...ofKeys,
    ...(await checkClients(issuer, deps)),
    ...(await checkRoles(issuer, deps)),
    ...ofToken,
  ];
  return { ok: checks.every((check) => check.ok), checks };
}

type IssuerCheck = Check<IssuerCheckName>;

function checkEnabled({ issuerId, enabled, use }: TrustedIssuer): IssuerCheck {
  if (enabled) {
    return pass(
      'issuer_enabled',
      `The issuer is enabled; its tokens are for ${use.join(' and ')} use.`,
    );
  }
  return fail(
    'issuer_enabled',
    'The issuer is disabled: none of its tokens is taken.',
    `Enable it with PATCH /registry/v1/issuers/${issuerId}, If-Match: * and {"enabled":true}.`,
  );
}

async function checkKeys(
  issuer: TrustedIssuer,
  json: JsonClient,
): Promise<{ readonly checks: readonly IssuerCheck[]; readonly keys: readonly PublicKey[] }> {
  const change = `PATCH /registry/v1/issuers/${issuer.issuerId}`;
  let fetched: FetchedKeys;
  try {
    fetched = await fetchKeys(json, sourceOf(issuer));
  } catch (error) {
    if (!isSourceFault(error)) throw error;
    const blocked = error instanceof FetchFault && error.reason === 'private_address';
    const remedy = blocked
      ? 'Name its host in the setting FLOWGATE_PRIVATE_HOSTS if it is meant to be inside.'
      : `Open the address in a browser, and correct discovery or jwks_uri with ${change} if it is not right.`;
    return { checks: [fail('keys_fetched', error.message, remedy)], keys: [] };
  }
  const { jwksUri, keys, refused } = fetched;
  const kids = keys.map(
    (key) => `${key.kid ?? '(no kid)'} (${key.alg ?? key.key.asymmetricKeyType ?? ''})`,
  );
  const left = refused.map(({ kid, why }) => `${kid === '' ? 'a key without kid' : kid}: ${why}`);
  const told = [
    `${jwksUri} has ${keys.length} keys that can be used: ${cut(kids.join(', '))}.`,
    ...(left.length === 0 ? [] : [`Not used are ${cut(left.join(' '))}`]),
  ].join(' ');
  const checks = [
    pass('keys_fetched', `The keys have been fetched from ${jwksUri}.`),
    keys.length > 0
      ? pass('keys_usable', told)
      : fail(
          'keys_usable',
          `${jwksUri} has no key that can be used. ${cut(left.join(' '))}`.trim(),
          'Have the issuer publish a key for signatures: RSA with 2048 bits or more, EC or Ed25519.',
        ),
  ];
  return { checks, keys };
}

async function checkClients(
  issuer: TrustedIssuer,
  { clients }: IssuerDiagnosisDeps,
): Promise<readonly IssuerCheck[]> {
  const ids = [...new Set(issuer.clientRules.map((rule) => rule.clientId))];
  if (ids.length === 0) return [];
  const faults: string[] = [];
  for (const clientId of ids) {
    const found = await clients.read(clientId);
    const { subscription } = found?.value ?? {};
    if (found === undefined) faults.push(`there is no client ${clientId}`);
    else if (!found.value.enabled) faults.push(`the client ${clientId} is disabled`);
    else if (subscription !== issuer.subscription) {
      faults.push(`the client ${clientId} is of the subscription ${subscription ?? ''}`);
    }
  }
  if (faults.length === 0) {
    return [
      pass(
        'clients_registered',
        `All clients that the rules name are enabled in ${issuer.subscription}.`,
      ),
    ];
  }
  return [
    fail(
      'clients_registered',
      `The rules name clients that no token can act as: ${cut(faults.join('; '))}.`,
      `Register or enable them in ${issuer.subscription}, or correct client_rules with PATCH /registry/v1/issuers/${issuer.issuerId}.`,
    ),
  ];
}

async function checkRoles(
  issuer: TrustedIssuer,
  { roles, subscriptions }: IssuerDiagnosisDeps,
): Promise<readonly IssuerCheck[]> {
  if (issuer.roleRules.length === 0) return [];
  const subscription = findSubscription(subscriptions, issuer.subscription);
  const known = (await listRoles(roles, subscription)).map((one) => one.role);
  const unknown = issuer.roleRules.map((rule) => rule.role).filter((role) => !known.includes(role));
  if (unknown.length === 0) {
    return [pass('roles_exist', `All roles that the rules give exist in ${issuer.subscription}.`)];
  }
  return [
    fail(
      'roles_exist',
      `The rules give roles that do not exist in ${issuer.subscription}: ${cut(unknown.join(', '))}. Role names are case-sensitive.`,
      `Make them with PUT /registry/v1/subscriptions/${issuer.subscription}/roles/${unknown[0] ?? ''}, or correct role_rules.`,
    ),
  ];
}

const LONGEST_LIST = 1000;
const cut = (text: string): string =>
  text.length <= LONGEST_LIST ? text : `${text.slice(0, LONGEST_LIST)}…`;
