import { app } from '@azure/functions';
import { timerTask } from '../shared/http/timer.ts';

app.timer('delete-expired-logs', {
  schedule: '0 43 3 * * *',
  handler: timerTask(async () => (await import('../shared/compose/logs.ts')).deleteExpiredLogs()),
});
