import { app } from '@azure/functions';
import { deleteExpiredLogs } from '../shared/compose/logs.ts';

app.timer('delete-expired-logs', {
  schedule: '0 43 3 * * *',
  handler: async (_timer, context) => {
    const run = await deleteExpiredLogs();
    context.info(JSON.stringify({ event: 'delete-expired-logs', ...(await run()) }));
  },
});
