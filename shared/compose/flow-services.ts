import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { deployments } from './deployments.ts';
import { atEnd, config } from './environment.ts';
import type { FlowServices } from '../iflow/services/services.ts';

const missing = (name: string) => () => Promise.reject(new Error(`${name} are not there yet.`));

const http = once(async () => {
  const [{ createHttpClient }, { createAccessTokens }, { createHttpSessions }] = await Promise.all([
    import('../net/http-client.ts'),
    import('../iflow/receivers/http/access-tokens.ts'),
    import('../iflow/receivers/http/sessions.ts'),
  ]);
  const { privateHosts } = await config();
  const client = createHttpClient({ privateHosts, now: () => performance.now() });
  atEnd(() => {
    client.close();
    return Promise.resolve();
  });
  const now = () => clock.now();
  return { client, tokens: createAccessTokens({ client, now }), sessions: createHttpSessions(now) };
});

const valueMappings = once(async () => {
  const { createDeployedValueMappings } =
    await import('../iflow/value-mapping/deployed-value-mappings.ts');
  const { store, directory } = await deployments();
  return createDeployedValueMappings({
    directory,
    read: (revision) => store.readValueMapping(revision),
  });
});

/** What flows share; each is made when a flow first needs it. */
export const flowServices: FlowServices = {
  http,
  securityMaterial: async () => {
    const { securityMaterial } = await import('./security-material.ts');
    return (await securityMaterial()).deployed.material;
  },
  valueMappings,
  numberRanges: missing('Number ranges'),
  partnerDirectory: missing('Partner directories'),
};
