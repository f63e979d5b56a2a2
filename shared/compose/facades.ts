import { once } from '../cache/once.ts';
import { artifacts } from './artifacts.ts';
import { deployments } from './deployments.ts';
import { config } from './environment.ts';
import { audit } from './logs.ts';
import { bearerGate } from './oauth.ts';
import { securityMaterial } from './security-material.ts';
import { createFacadesApi } from '../facade/facades-api.ts';

export const facades = once(async () => {
  const { issuer, subscriptions, privateHosts } = await config();
  const { kinds, packages, deployer, bundleManifest } = await artifacts();
  return createFacadesApi({
    gate: await bearerGate(),
    subscription: subscriptions.tmn,
    issuer,
    privateHosts,
    trail: (await audit()).trail,
    packages,
    artifacts: kinds.IntegrationFlow,
    readAttribute: (zip, name) => bundleManifest(zip).get(name),
    deployer,
    directory: (await deployments()).directory,
    material: (await securityMaterial()).administration,
  });
});
