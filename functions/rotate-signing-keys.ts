import { app } from '@azure/functions';
import { provide } from '../shared/compose.ts';

app.timer('rotate-signing-keys', {
  schedule: '0 17 3 * * *',
  handler: async (_timer, context) => {
    const rotateSigningKeys = await provide.rotateSigningKeys();
    context.info(JSON.stringify({ event: 'rotate-signing-keys', ...(await rotateSigningKeys()) }));
  },
});
