import { app } from '@azure/functions';
import { provide } from '../shared/compose.ts';

app.timer('delete-expired-logs', {
  schedule: '0 43 3 * * *',
  handler: async (_timer, context) => {
    const deleteExpiredLogs = await provide.deleteExpiredLogs();
    context.info(JSON.stringify({ event: 'delete-expired-logs', ...(await deleteExpiredLogs()) }));
  },
});
