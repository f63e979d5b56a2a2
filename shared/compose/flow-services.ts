import type { FlowServices } from '../iflow/services/services.ts';

const missing = (name: string) => () => Promise.reject(new Error(`${name} are not there yet.`));

/** What flows share; each is made when a flow first needs it. */
export const flowServices: FlowServices = {
  securityMaterial: async () => {
    const { securityMaterial } = await import('./security-material.ts');
    return (await securityMaterial()).deployed.material;
  },
  valueMappings: missing('Value mappings'),
  numberRanges: missing('Number ranges'),
  partnerDirectory: missing('Partner directories'),
};
