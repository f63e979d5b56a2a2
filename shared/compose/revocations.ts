import { randomUUID } from 'node:crypto';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { tables } from './storage.ts';
import { createRevocations } from '../oauth/revocations.ts';
import { openRevocations } from '../storage/revocations.ts';

export const revocations = once(async () => {
  const table = openRevocations(await tables(), randomUUID(), clock);
  return { table, list: createRevocations({ store: table, clock }) };
});
