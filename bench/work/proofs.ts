import { generateKeyPairSync, hash, type JsonWebKey } from 'node:crypto';
import { ASSERTION_TYPE } from '../../shared/oauth/client-authentication/client-assertion.ts';
import { thumbprint } from '../../shared/jwt/signing-key.ts';
import type { Client } from '../../shared/registry/client.ts';
import { basic } from '../../test/support/instance.ts';
import CLIENT from '../peers/client.json' with { type: 'json' };
import type { Context } from '../context.ts';
import {
  type BenchClient,
  type Deployment,
  ISSUER,
  MODIFIER_STEP,
  openDeployment,
  TOKEN_BODY,
} from '../deployment.ts';
import type { Contender } from '../measure/contest.ts';
import { type LoadPlan, requestHead } from '../measure/load.ts';
import { lengthWithProof, PROOF, type ProofPlan } from '../measure/proof.ts';
import type { Results } from '../report/results.ts';
import { startPeer } from './peer.ts';

type Plan = Omit<LoadPlan, 'ports' | 'connections'>;

const TOKEN_PATH = '/oauth2/api/v1/token';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

/**
 * What proofs of possession and introspection cost, against the bare signature work of the same. Each
 * request has a proof of its own, which the load generator signs.
 */
export async function measureProofs(context: Context): Promise<Results> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys: Keys = {
    key: pair.privateKey.export({ format: 'jwk' }),
    jwk: pair.publicKey.export({ format: 'jwk' }),
  };
  const bare = (name: string, kind: string, plan: (authorization: string) => Plan): Contender =>
    startPeer(
      context,
      'floor',
      `bare node:http, ${name}`,
      ['bare.js', kind, 'ES256', JSON.stringify(keys.jwk)],
      ({ authorization = '' }) => plan(authorization),
    );
  const resource = `${ISSUER}/http/modifier`;
  return {
    proofs: {
      tables: [
        {
          id: 'token-private-key-jwt',
          title: 'A token for a client assertion (private_key_jwt)',
          note: 'A new assertion, signed with ES256, in each request. Flowgate writes its `jti` to storage before it answers, so that it counts once on all instances.',
          rows: await context.contest([
            bare('jsonwebtoken.verify and sign ES256', 'assertion', () =>
              assertionPlan(keys, CLIENT.id),
            ),
            flowgate(context, 'token for a client assertion', keys, assertionClient(keys), (one) =>
              assertionPlan(keys, one.client.clientId),
            ),
          ]),
        },
        {
          id: 'token-dpop',
          title: 'A token bound to a key (DPoP)',
          note: 'A secret, and a new proof signed with ES256, in each request. Flowgate writes the `jti` of the proof to storage before it answers.',
          rows: await context.contest([
            bare('SHA-256, jsonwebtoken.verify and sign ES256', 'dpop', () =>
              dpopTokenPlan(keys, CLIENT.id, CLIENT.secret),
            ),
            flowgate(context, 'token bound to a key', keys, {}, ({ client, secret }) =>
              dpopTokenPlan(keys, client.clientId, secret),
            ),
          ]),
        },
        {
          id: 'dispatch-dpop',
          title: 'A message with a token bound to a key (DPoP)',
          note: 'The token has been seen before, the proof is a new one in each request. Flowgate writes its `jti` to storage before the content modifier flow runs.',
          rows: await context.contest([
            bare('jsonwebtoken.verify ES256, cache of verified tokens', 'cached-dpop', (sent) =>
              dpopMessagePlan(keys, '/', resource, sent),
            ),
            flowgate(context, 'content modifier flow, token bound to a key', keys, {}, (_, token) =>
              dpopMessagePlan(keys, '/http/modifier', resource, `DPoP ${token}`),
            ),
          ]),
        },
        {
          id: 'introspection',
          title: 'Introspection of an access token',
          note: 'By the client that it was issued to, with its secret; the token has been seen before.',
          rows: await context.contest([
            bare('SHA-256, jsonwebtoken.verify ES256', 'introspect', (sent) =>
              introspectionPlan('/introspect', CLIENT.id, CLIENT.secret, sent.slice(7)),
            ),
            flowgate(context, 'introspection', undefined, {}, ({ client, secret }, token) =>
              introspectionPlan('/oauth2/api/v1/introspect', client.clientId, secret, token),
            ),
          ]),
        },
      ],
      run: context.describe(),
    },
  };
}

interface Keys {
  /** Private. */
  readonly key: JsonWebKey;
  readonly jwk: JsonWebKey;
}

const assertionClient = ({ jwk }: Keys): Partial<Client> => ({
  tokenEndpointAuthMethod: 'private_key_jwt',
  jwks: { keys: [jwk] },
  secrets: [],
});

/** @param boundTo of the token that the plan gets; without it the token is a bearer token. */
function flowgate(
  context: Context,
  name: string,
  boundTo: Keys | undefined,
  settings: Partial<Client>,
  plan: (one: BenchClient, token: string) => Plan,
): Contender {
  return {
    name: `Flowgate, ${name}`,
    role: 'flowgate',
    start: async () => {
      const deployment: Deployment = await openDeployment(await context.storage());
      const [one] = await deployment.addClients(1, 1, settings);
      if (one === undefined) throw new Error('No client was registered.');
      await deployment.deploy({ modifier: [MODIFIER_STEP] });
      const confirmation = boundTo === undefined ? undefined : { jkt: thumbprint(boundTo.jwk) };
      const [token = ''] = await deployment.makeTokens(one.client, 1, confirmation);
      return { servers: [await context.startFlowgate(deployment)], plan: plan(one, token) };
    },
  };
}

function assertionPlan({ key }: Keys, clientId: string): Plan {
  const proof: ProofPlan = {
    key,
    header: { alg: 'ES256', typ: 'JWT' },
    claims: { iss: clientId, sub: clientId, aud: ISSUER },
  };
  const type = encodeURIComponent(ASSERTION_TYPE);
  const body = `${TOKEN_BODY}&client_assertion_type=${type}&client_assertion=${PROOF}`;
  const head = requestHead('POST', TOKEN_PATH, FORM, lengthWithProof(body, proof));
  return { heads: [head], body, proof };
}

const dpopProof = ({ key, jwk }: Keys, claims: ProofPlan['claims']): ProofPlan => ({
  key,
  header: { alg: 'ES256', typ: 'dpop+jwt', jwk },
  claims,
});

function dpopTokenPlan(keys: Keys, clientId: string, secret: string): Plan {
  const headers = { ...FORM, Authorization: basic(clientId, secret), DPoP: PROOF };
  return {
    heads: [requestHead('POST', TOKEN_PATH, headers, TOKEN_BODY.length)],
    body: TOKEN_BODY,
    proof: dpopProof(keys, { htm: 'POST', htu: `${ISSUER}${TOKEN_PATH}` }),
  };
}

/** @param authorization a scheme and the access token. */
function dpopMessagePlan(keys: Keys, path: string, htu: string, authorization: string): Plan {
  const token = authorization.slice(authorization.indexOf(' ') + 1);
  const ath = hash('sha256', token, 'base64url');
  return {
    heads: [requestHead('GET', path, { Authorization: authorization, DPoP: PROOF })],
    body: '',
    proof: dpopProof(keys, { htm: 'GET', htu, ath }),
  };
}

function introspectionPlan(path: string, clientId: string, secret: string, token: string): Plan {
  const body = `token=${token}`;
  const headers = { ...FORM, Authorization: basic(clientId, secret) };
  return { heads: [requestHead('POST', path, headers, body.length)], body };
}
