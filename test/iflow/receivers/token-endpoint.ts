import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import type { FlowEnvironment } from '../../../shared/iflow/engine.ts';
import type { OAuth2ClientCredentials } from '../../../shared/iflow/services/security-material.ts';
import { serve } from '../../support/loopback-server.ts';
import { exchangeOf, NOW, runBundle } from '../running.ts';
import { bodyOf, callingFlow, environmentWith, httpService } from './http-under-test.ts';

export interface TokenCall {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type AnswerToken = (response: ServerResponse, call: TokenCall, count: number) => void;

export const issue: AnswerToken = (response, _call, count) => {
  const token = { access_token: `token-${count}`, token_type: 'bearer', expires_in: 100 };
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(token));
};

/** A token endpoint and a receiver that takes the tokens which `isGood` says are good. */
export async function remote(
  t: TestContext,
  {
    answer = issue,
    isGood = () => true,
  }: { answer?: AnswerToken; isGood?: (token: string) => boolean } = {},
) {
  const tokenCalls: TokenCall[] = [];
  const calls: string[] = [];
  const tokenUrl = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      const call = { url: request.url ?? '', headers: request.headers, body };
      tokenCalls.push(call);
      answer(response, call, tokenCalls.length);
    });
  });
  const address = await serve(t, (request, response) => {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    calls.push(token);
    request.resume().on('end', () => {
      response.statusCode = isGood(token) ? 200 : 401;
      response.end();
    });
  });
  return { tokenUrl: `${tokenUrl}/token`, address, tokenCalls, calls };
}

export const flowTo = (address: string): Uint8Array =>
  callingFlow({
    httpAddressWithoutQuery: address,
    authenticationMethod: 'OAuth2 Client Credentials',
    credentialName: 'Remote',
  });

export function environmentFor(
  t: TestContext,
  material: () => OAuth2ClientCredentials | undefined,
  now: () => number = () => NOW,
): FlowEnvironment {
  const found = (name: string): Promise<OAuth2ClientCredentials | undefined> =>
    Promise.resolve(name === 'Remote' ? material() : undefined);
  return environmentWith(httpService(t, { now }), { oauth2ClientCredentials: found });
}

export async function call(zip: Uint8Array, environment: FlowEnvironment): Promise<number> {
  const exchange = exchangeOf('x');
  await runBundle(zip, exchange, environment);
  return exchange.headers.get('CamelHttpResponseCode') as number;
}
