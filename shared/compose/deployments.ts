import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { tables } from './storage.ts';
import { createDeploymentDirectory } from '../iflow/deployment/directory.ts';
import { openDeploymentStore } from '../storage/deployments.ts';

export const deployments = once(async () => {
  const store = openDeploymentStore(await tables());
  return { store, directory: createDeploymentDirectory(store, clock) };
});
