/** Started by `micro.ts`: the pieces of the work, in turn, with the settings of an instance. */
import { createHash, generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { shutDown } from '../../shared/compose/environment.ts';
import { flowServices } from '../../shared/compose/flow-services.ts';
import { dispatch } from '../../shared/compose/iflow.ts';
import { token } from '../../shared/compose/oauth.ts';
import { tokenVerifier } from '../../shared/compose/signing.ts';
import type { Handler } from '../../shared/http/call.ts';
import { createWorkerPool } from '../../shared/iflow/script/workers/pool.ts';
import { type CallOptions, makeCall } from '../../test/support/call.ts';
import { basic } from '../../test/support/instance.ts';
import { HELLO_SCRIPT, TOKEN_BODY } from '../deployment.ts';
import { median } from '../measure/contest.ts';
import type { MicroRow } from '../report/results.ts';

export interface MicroOrder {
  readonly clientId: string;
  readonly secret: string;
  readonly token: string;
  /** Of one pass. */
  readonly operations: number;
  readonly passes: number;
}

export type MicroAnswer = readonly MicroRow[];

const IN_FLIGHT = 16;
/** Operations between two turns of the event loop. */
const TURN = 64;

type Work = () => unknown;

process.on('message', (order: MicroOrder) => {
  void measureAll(order).then((rows) => process.send?.(rows satisfies MicroAnswer));
});
process.once('disconnect', () => process.exit());

async function measureAll(order: MicroOrder): Promise<MicroAnswer> {
  const engine = createWorkerPool({ workers: 2 });
  const verifier = await tokenVerifier();
  const pieces: readonly (readonly [id: string, name: string, work: Work])[] = [
    ['sign', 'jsonwebtoken.sign ES256 and SHA-256 compare', signing(order)],
    ['token', 'token endpoint, without host', await tokenEndpoint(order)],
    ['verify', 'verification of a token seen before', () => verifier.verify(order.token)],
    ['script', 'script in the sandbox, the hop to its worker included', () => engine.run(SCRIPT)],
    ['modifier', 'content modifier flow, without host', await message(order, 'modifier')],
    ['flow', 'JavaScript flow, without host', await message(order, 'script')],
  ];
  for (const [, , work] of pieces) await cpuOf(work, order.operations);
  const figures = pieces.map((): number[] => []);
  for (let pass = 0; pass < order.passes; pass += 1) {
    for (const [i, [, , work]] of pieces.entries()) {
      figures[i]?.push(await cpuOf(work, order.operations));
    }
  }
  await engine.close();
  await shutDown();
  return pieces.map(([id, name], i) => ({ id, name, cpu: median(figures[i] ?? []) }));
}

/** CPU microseconds of all threads per operation. */
async function cpuOf(work: Work, operations: number): Promise<number> {
  let left = operations;
  const before = process.cpuUsage();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (left-- > 0) {
        await work();
        // Timers have their turn, so that what is written behind the answers is, and counts.
        if (left % TURN === 0) await new Promise(setImmediate);
      }
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return (user + system) / operations;
}

/** What a token costs at least with this library. */
function signing({ secret, clientId }: MicroOrder): Work {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stored = createHash('sha256').update(secret).digest();
  return () => {
    if (!timingSafeEqual(createHash('sha256').update(secret).digest(), stored)) throw new Error();
    const claims = { sub: `oauth_client_${clientId}`, client_id: clientId, roles: ['role'] };
    return jsonwebtoken.sign(claims, privateKey, {
      algorithm: 'ES256',
      expiresIn: 3600,
      issuer: 'https://flowgate.example',
      audience: 'flowgateiflmap',
      keyid: 'bench',
      jwtid: 'AZrMvV7Z4yHnEXdUcM1lS0mXy0aS2w',
    });
  };
}

async function tokenEndpoint({ clientId, secret }: MicroOrder): Promise<Work> {
  const { handle } = await token();
  return answering(handle, {
    method: 'POST',
    path: '/oauth2/api/v1/token',
    headers: {
      authorization: basic(clientId, secret),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: TOKEN_BODY,
  });
}

async function message(order: MicroOrder, flow: string): Promise<Work> {
  const { handle } = await dispatch();
  return answering(handle, {
    path: `/http/${flow}`,
    headers: { authorization: `Bearer ${order.token}` },
  });
}

/** The handler's own share: the call is made before, as the host and `http/endpoint.ts` make it. */
function answering(handle: Handler, options: CallOptions): Work {
  const call = makeCall(options);
  return async () => {
    const { status } = await handle(call);
    if (status !== 200) throw new Error(`Answered ${status}`);
  };
}

const SCRIPT = {
  key: 'walk-through',
  fileName: 'hello.js',
  source: HELLO_SCRIPT,
  functionName: 'processData',
  message: {
    body: new Uint8Array(),
    headers: [
      ['CamelHttpMethod', 'GET'],
      ['CamelHttpUrl', 'http://localhost:7071/http/v1/test/hello'],
      ['CamelServletContextPath', '/v1/test/hello'],
      ['SapAuthenticatedUserName', 'oauth_client_apimconnectivity'],
      ['SAP_MessageProcessingLogID', 'AFq478Bblxi4wCjBcDb_G0vAGGZG'],
    ],
    properties: [['SAP_MessageProcessingLogID', 'AFq478Bblxi4wCjBcDb_G0vAGGZG']],
    attachments: [],
  },
  services: flowServices,
  limits: { timeoutMs: 5000, memoryBytes: 64 * 1024 * 1024 },
} as const;
