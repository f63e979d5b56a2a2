import { test } from 'node:test';
import { described } from '../openapi/described.ts';
import { openOwnTarget } from '../support/target.ts';

export const LOCAL_ONLY = 'makes a signing key, which stays';

test('a signing key is made as described', async () => {
  const { admin } = await openOwnTarget();
  const path = '/registry/v1/keys';
  await described(path, 'POST', 201, admin.send('POST', path));
  await described(path, 'POST', 200, admin.send('POST', path));
});
