import { app } from '@azure/functions';
import { rotateSigningKeys } from '../shared/compose/signing.ts';

app.timer('rotate-signing-keys', {
  schedule: '0 17 3 * * *',
  handler: async (_timer, context) => {
    const run = await rotateSigningKeys();
    context.info(JSON.stringify({ event: 'rotate-signing-keys', ...(await run()) }));
  },
});
