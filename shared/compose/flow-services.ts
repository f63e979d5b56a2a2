import { once } from '../cache/once.ts';
import { deployments } from './deployments.ts';
import type { FlowServices } from '../iflow/services/services.ts';

const missing = (name: string) => () => Promise.reject(new Error(`${name} are not there yet.`));

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
  securityMaterial: missing('Security material'),
  valueMappings,
  numberRanges: missing('Number ranges'),
  partnerDirectory: missing('Partner directories'),
};
