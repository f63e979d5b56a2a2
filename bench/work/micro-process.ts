/** Started by `micro.ts`: the pieces of the work, in turn, with the settings of an instance. */
import { createHash, generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { provide } from '../../shared/compose.ts';
import { systemClock as clock } from '../../shared/config/clock.ts';
import type { Handler } from '../../shared/http/call.ts';
import { createJavaScriptEngine } from '../../shared/iflow/script/javascript/pool.ts';
import { openKeyRing } from '../../shared/jwt/key-ring.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import { createKeyStore } from '../../shared/storage/key-ring.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { makeCall } from '../../test/support/call.ts';
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

interface Piece {
  readonly id: string;
  readonly name: string;
  readonly run: () => unknown;
}

async function measure(order: MicroOrder): Promise<MicroAnswer> {
  const engine = createJavaScriptEngine({ workers: 2 });
  const pieces: readonly Piece[] = [
    { id: 'sign', name: 'jsonwebtoken.sign ES256 + SHA-256 compare', run: signByHand(order) },
    {
      id: 'token',
      name: 'token endpoint without host',
      run: called((await provide.token()).handle, {
        method: 'POST',
        path: '/oauth2/api/v1/token',
        headers: {
          authorization: basic(order.clientId, order.secret),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: TOKEN_BODY,
      }),
    },
    { id: 'verify', name: 'verification of a token seen before', run: await verifySeen(order) },
    ...(['modifier', 'script'] as const).map((flow) => ({
      id: `dispatch-${flow}`,
      name: `${flow === 'script' ? 'JavaScript' : 'content modifier'} flow without host`,
      run: message,
      flow,
    })),
    {
      id: 'script',
      name: 'script in the sandbox, hop to the worker included',
      run: () => engine.run(helloCall),
    },
  ].map(({ id, name, run, ...more }) => ({
    id,
    name,
    run: 'flow' in more ? run : run,
  }));
  return [];
}
