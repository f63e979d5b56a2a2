import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { tables } from './storage.ts';
import { createAccessPolicyDirectory } from '../registry/access-policies/directory.ts';
import { openAccessPolicyStore } from '../storage/access-policies.ts';

export const accessPolicies = once(async () => {
  const store = openAccessPolicyStore(await tables());
  return { store, directory: createAccessPolicyDirectory(store, clock) };
});
