import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { oneTimeValues } from './client-proofs.ts';
import { clients } from './clients.ts';
import { config } from './environment.ts';
import { tokenJudge } from './issuers.ts';
import { revocations } from './revocations.ts';
import { isOurs, tokenVerifier } from './signing.ts';
import { audiencesOf } from '../oauth/client-authentication/client-assertion.ts';
import { jwtBearer } from '../oauth/grants/jwt-bearer.ts';
import { tokenExchange } from '../oauth/grants/token-exchange.ts';

/* The grants that take tokens of others; loaded when one of them is first asked for. */

const audiences = once(async () => audiencesOf((await config()).publicBases));

export const jwtBearerGrant = once(async () => {
  return jwtBearer({
    judge: await tokenJudge(),
    used: await oneTimeValues(),
    audiences: await audiences(),
    clock,
  });
});

export const tokenExchangeGrant = once(async () => {
  return tokenExchange({
    verifier: await tokenVerifier(),
    clients: (await clients()).directory,
    revocations: (await revocations()).list,
    judge: await tokenJudge(),
    isOurs,
    audiences: await audiences(),
    clock,
  });
});
