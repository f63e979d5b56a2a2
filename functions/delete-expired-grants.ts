import { app } from '@azure/functions';
import { timerTask } from '../shared/http/timer.ts';

app.timer('delete-expired-grants', {
  schedule: '0 53 3 * * *',
  handler: timerTask(async () =>
    (await import('../shared/compose/grants.ts')).deleteExpiredGrants(),
  ),
});
