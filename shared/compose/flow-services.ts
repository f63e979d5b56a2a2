import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { deployments } from './deployments.ts';
import { atEnd, config, deriveKey } from './environment.ts';
import { tables } from './storage.ts';
import type { FlowServices } from '../iflow/services/services.ts';

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

/** With the headers of an entry beside its body. */
const LARGEST_CONTENT = 64 * 1024 * 1024;

export const dataStores = once(async () => {
  const { openDataStores } = await import('../storage/data-stores.ts');
  const { createContentSealer } = await import('../storage/sealed-content.ts');
  const sealer = createContentSealer(await deriveKey('data stores'), LARGEST_CONTENT);
  return openDataStores({ tables: await tables(), sealer, clock, randomUUID });
});

const variables = once(async () => {
  const { createVariables } = await import('../iflow/services/variables.ts');
  return createVariables(await dataStores(), () => clock.now());
});

export const numberRangeStore = once(async () => {
  const { openNumberRanges } = await import('../storage/number-ranges.ts');
  return openNumberRanges(await tables());
});

const numberRanges = once(async () => {
  const { createNumberRanges } = await import('../iflow/services/draw-numbers.ts');
  return createNumberRanges({ store: await numberRangeStore(), delay, random: Math.random });
});

export const processedMessages = once(async () => {
  const { openProcessedMessages } = await import('../storage/processed-messages.ts');
  return openProcessedMessages({ tables: await tables(), clock, randomUUID });
});

export const partnerStore = once(async () => {
  const { openPartners } = await import('../storage/partners.ts');
  return openPartners(await tables());
});

const partnerDirectory = once(async () => {
  const { createPartnerDirectory } = await import('../iflow/services/read-partners.ts');
  return createPartnerDirectory(await partnerStore(), clock);
});

/** What flows share; each is made when a flow first needs it. */
export const flowServices: FlowServices = {
  http,
  securityMaterial: async () => {
    const { securityMaterial } = await import('./security-material.ts');
    return (await securityMaterial()).deployed.material;
  },
  valueMappings,
  numberRanges,
  partnerDirectory,
  dataStores,
  variables,
  processedMessages,
};
