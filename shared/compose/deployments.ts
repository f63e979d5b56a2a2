import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { tables } from './storage.ts';
import { createDeploymentDirectory } from '../iflow/deployment/directory.ts';
import { openDeploymentStore } from '../storage/deployments.ts';
import { openDesignStore } from '../storage/design.ts';

export const deployments = once(async () => {
  const store = openDeploymentStore(await tables());
  return { store, directory: createDeploymentDirectory(store, clock) };
});

export const design = once(async () => {
  return openDesignStore(await tables());
});
