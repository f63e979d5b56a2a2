import { randomUUID } from 'node:crypto';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { deriveKey } from './environment.ts';
import { tables } from './storage.ts';
import { createMaterialAdministration } from '../registry/security-material/administration.ts';
import { createDeployedMaterial } from '../registry/security-material/deployed-material.ts';
import { createMaterialStore } from '../registry/security-material/material-store.ts';
import { openMaterialRows } from '../storage/security-material.ts';

/** What administrators write, and what flows get of it; one for both, so that changes hold at once. */
export const securityMaterial = once(async () => {
  const key = await deriveKey('security material');
  const store = createMaterialStore(openMaterialRows(await tables()), key);
  const deployed = createDeployedMaterial(store, clock);
  const administration = createMaterialAdministration({
    store,
    onChange: (space, name) => deployed.forget(space, name),
    clock,
    randomUUID,
  });
  return { deployed, administration };
});
