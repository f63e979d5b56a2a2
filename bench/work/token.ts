import CLIENT from '../peers/client.json' with { type: 'json' };
import type { Context } from '../context.ts';
import { flowgateTokenHead, openDeployment, TOKEN_BODY, tokenHead } from '../deployment.ts';
import type { Contender } from '../measure/contest.ts';
import { requestHead } from '../measure/load.ts';
import type { Results } from '../report/results.ts';
import { startPeer } from './peer.ts';

/** What a token costs: `client_credentials`, Basic, a JWT. ES256 and RS256 are two contests. */
export async function measureToken(context: Context): Promise<Results> {
  return {
    token: {
      tables: [
        {
          id: 'token-es256',
          title: 'A token, signed with ES256',
          note: 'Client credentials in the Basic header; the answer is a JWT of about the same claims.',
          rows: await context.contest([
            peer(
              context,
              'floor',
              'bare node:http, SHA-256, hand-made ES256',
              'bare.js',
              'handmade',
            ),
            peer(context, 'floor', 'bare node:http, fixed JSON', 'bare.js', 'fixed'),
            peer(
              context,
              'floor',
              'bare node:http, SHA-256, jsonwebtoken ES256',
              'bare.js',
              'sign',
            ),
            peer(context, 'peer', 'express, @node-oauth/oauth2-server', 'express-oauth2-server.js'),
            peer(
              context,
              'peer',
              'oauth2-mock-server (checks no secret)',
              'oauth2-mock-server.js',
              'ES256',
            ),
            peer(context, 'peer', 'oidc-provider', 'oidc-provider.js', 'ES256'),
            hello(context),
            flowgate(context, 'ES256'),
          ]),
        },
        {
          id: 'token-rs256',
          title: 'A token, signed with RS256',
          note: 'As above, with 2048-bit RSA keys (`FLOWGATE_SIGNING_ALG=RS256`).',
          rows: await context.contest([
            peer(
              context,
              'floor',
              'bare node:http, SHA-256, jsonwebtoken RS256',
              'bare.js',
              'sign',
              'RS256',
            ),
            peer(
              context,
              'peer',
              'oauth2-mock-server RS256 (checks no secret)',
              'oauth2-mock-server.js',
              'RS256',
            ),
            peer(context, 'peer', 'oidc-provider RS256', 'oidc-provider.js', 'RS256'),
            flowgate(context, 'RS256'),
          ]),
        },
      ],
      run: context.describe(),
    },
  };
}

function peer(
  context: Context,
  role: Contender['role'],
  name: string,
  ...command: [string, ...string[]]
): Contender {
  return startPeer(context, role, name, command, () => ({
    heads: [tokenHead('/token', CLIENT.id, CLIENT.secret)],
    body: TOKEN_BODY,
  }));
}

export function hello(context: Context): Contender {
  return {
    name: 'hello world in the local Functions host (no OAuth)',
    role: 'host',
    start: async () => ({
      servers: [await context.startHello()],
      plan: { heads: [requestHead('GET', '/hello', {})], body: '' },
    }),
  };
}

function flowgate(context: Context, algorithm: 'ES256' | 'RS256'): Contender {
  return {
    name: `Flowgate, token ${algorithm}`,
    role: 'flowgate',
    start: async () => {
      const deployment = await openDeployment(await context.storage(), algorithm);
      const clients = await deployment.addClients(1, 1);
      return {
        servers: [await context.startFlowgate(deployment)],
        plan: { heads: clients.map(flowgateTokenHead), body: TOKEN_BODY },
      };
    },
  };
}
