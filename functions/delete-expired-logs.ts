import { app } from '@azure/functions';
import { deleteExpiredLogs } from '../shared/compose/logs.ts';
import { timerTask } from '../shared/http/timer.ts';

app.timer('delete-expired-logs', {
  schedule: '0 43 3 * * *',
  handler: timerTask(deleteExpiredLogs),
});
