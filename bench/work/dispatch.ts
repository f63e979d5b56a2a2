import type { Context } from '../context.ts';
import { messageHead, MODIFIER_STEP, openDeployment, SCRIPT_STEP } from '../deployment.ts';
import type { Contender } from '../measure/contest.ts';
import { requestHead } from '../measure/load.ts';
import type { Results } from '../report/results.ts';
import { startPeer } from './peer.ts';
import { hello } from './token.ts';

/** More than Flowgate remembers of tokens (10,000), so that each comes as one never seen. */
const FRESH_TOKENS = 25_000;

/** What a message costs that comes with a bearer token. */
export async function measureDispatch(context: Context): Promise<Results> {
  const rows = await context.contest([
    resource(context, 'floor', 'bare node:http, cache of verified tokens', 'bare.js', 'cached'),
    resource(context, 'floor', 'bare node:http, fixed text', 'bare.js', 'fixed'),
    resource(
      context,
      'floor',
      'bare node:http, jsonwebtoken.verify RS256',
      'bare.js',
      'verify',
      'RS256',
    ),
    resource(
      context,
      'floor',
      'bare node:http, jsonwebtoken.verify ES256',
      'bare.js',
      'verify',
      'ES256',
    ),
    resource(
      context,
      'peer',
      'express, express-oauth2-jwt-bearer RS256',
      'express-jwt-bearer.js',
      'RS256',
    ),
    resource(
      context,
      'peer',
      'express, express-oauth2-jwt-bearer ES256',
      'express-jwt-bearer.js',
      'ES256',
    ),
    resource(context, 'peer', 'Node-RED, no token checked', 'node-red.js', 'plain'),
    resource(context, 'peer', 'Node-RED, jsonwebtoken.verify ES256', 'node-red.js', 'verify'),
    hello(context),
    flowgate(context, 'Flowgate, content modifier flow, token seen before', 'modifier', 1),
    flowgate(
      context,
      'Flowgate, content modifier flow, token never seen',
      'modifier',
      FRESH_TOKENS,
    ),
    flowgate(context, 'Flowgate, JavaScript flow, token seen before', 'script', 1),
  ]);
  return {
    dispatch: {
      tables: [
        {
          id: 'dispatch',
          title: 'A message with a bearer token',
          note: 'Flowgate verifies the token, looks at client and role, runs the flow (the script in its sandbox) and logs the message.',
          rows,
        },
      ],
      run: context.describe(),
    },
  };
}

function resource(
  context: Context,
  role: Contender['role'],
  name: string,
  ...command: [string, ...string[]]
): Contender {
  return startPeer(context, role, name, command, ({ authorization = '' }) => ({
    heads: [requestHead('GET', '/', { Authorization: authorization })],
    body: '',
  }));
}

function flowgate(context: Context, name: string, flow: string, tokens: number): Contender {
  return {
    name,
    role: 'flowgate',
    start: async () => {
      const deployment = await openDeployment(await context.storage());
      const [one] = await deployment.addClients(1, 1);
      if (one === undefined) throw new Error('No client was registered.');
      await deployment.deploy({ modifier: [MODIFIER_STEP], script: [SCRIPT_STEP] });
      const made = await deployment.makeTokens(one.client, tokens);
      return {
        servers: [await context.startFlowgate(deployment)],
        plan: { heads: made.map((token) => messageHead(flow, token)), body: '' },
      };
    },
  };
}
