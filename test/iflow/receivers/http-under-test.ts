import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { type FlowEnvironment, FlowFailure } from '../../../shared/iflow/engine.ts';
import type { Exchange } from '../../../shared/iflow/exchange.ts';
import { NotDeployable } from '../../../shared/iflow/flow.ts';
import { createAccessTokens } from '../../../shared/iflow/receivers/http/access-tokens.ts';
import type { HttpConfig } from '../../../shared/iflow/receivers/http/config.ts';
import { createHttpSessions } from '../../../shared/iflow/receivers/http/sessions.ts';
import type { HttpService } from '../../../shared/iflow/services/http.ts';
import type {
  OAuth2ClientCredentials,
  SecurityMaterial,
} from '../../../shared/iflow/services/security-material.ts';
import { StepFailure } from '../../../shared/iflow/steps/step-failure.ts';
import { createHttpClient, type HttpClientDeps } from '../../../shared/net/http-client.ts';
import { readPrivateHosts } from '../../../shared/net/private-hosts.ts';
import { type FlowDescription, flowBundle, line } from '../../support/flow-bundle.ts';
import { environmentOf, NOW, noServices, runBundle } from '../running.ts';

export type ChannelProperties = Readonly<Record<string, string>>;

/** A flow that calls one HTTP receiver by a Request Reply. */
export function callingFlow(
  properties: ChannelProperties,
  flow: Partial<FlowDescription> = {},
): Uint8Array {
  return flowBundle({
    receivers: [{ from: 'Call', adapter: 'HTTP', properties }],
    processes: [line({ id: 'Call', cname: 'ExternalCall' })],
    ...flow,
  });
}

export function configOf(properties: ChannelProperties): HttpConfig {
  const { flow } = compileBundle(callingFlow(properties));
  const { config } = flow.processes['Process_1']?.nodes['Call'] ?? {};
  return (config as { channel: { config: HttpConfig } }).channel.config;
}

/** What keeps a flow with such a channel from being deployed. */
export function faultsOf(properties: ChannelProperties, flow: Partial<FlowDescription> = {}) {
  try {
    compileBundle(callingFlow(properties, flow));
  } catch (error) {
    if (error instanceof NotDeployable) return error.details;
    throw error;
  }
  return [];
}

export const nothing: SecurityMaterial = {
  userCredentials: () => Promise.resolve(undefined),
  oauth2ClientCredentials: () => Promise.resolve(undefined),
  secureParameter: () => Promise.resolve(undefined),
  keyPair: () => Promise.resolve(undefined),
};

export function clientCredentials(
  tokenServiceUrl: string,
  more: Partial<OAuth2ClientCredentials> = {},
): OAuth2ClientCredentials {
  return {
    name: 'Remote',
    tokenServiceUrl,
    clientId: 'the-client',
    clientSecret: 'the-secret',
    clientAuthentication: 'header',
    scope: '',
    contentType: 'application/x-www-form-urlencoded',
    resource: '',
    audience: '',
    customParameters: [],
    version: '1',
    ...more,
  };
}

export interface ServiceOptions {
  readonly inside?: string;
  readonly now?: () => number;
  readonly lookup?: HttpClientDeps['lookup'];
}

/** The real service; hosts of 127.0.0.1 are inside. */
export function httpService(
  t: TestContext,
  { inside = '127.0.0.1', now = () => NOW, lookup }: ServiceOptions = {},
): HttpService {
  const privateHosts = readPrivateHosts(inside);
  assert.ok(privateHosts);
  const client = createHttpClient({
    privateHosts,
    now: () => performance.now(),
    ...(lookup === undefined ? {} : { lookup }),
  });
  t.after(() => client.close());
  return { client, tokens: createAccessTokens({ client, now }), sessions: createHttpSessions(now) };
}

export function environmentWith(
  http: HttpService,
  material: Partial<SecurityMaterial> = {},
  more: Partial<FlowEnvironment> = {},
): FlowEnvironment {
  return {
    ...environmentOf(),
    services: {
      ...noServices,
      http: () => Promise.resolve(http),
      securityMaterial: () => Promise.resolve({ ...nothing, ...material }),
    },
    ...more,
  };
}

/** Runs a flow that is expected to fail at its receiver. */
export async function failureOf(
  zip: Uint8Array,
  exchange: Exchange,
  environment: FlowEnvironment,
): Promise<StepFailure> {
  try {
    await runBundle(zip, exchange, environment);
  } catch (error) {
    assert.ok(error instanceof FlowFailure && error.cause instanceof StepFailure, String(error));
    return error.cause;
  }
  assert.fail('did not fail');
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}
