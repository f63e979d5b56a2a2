import { app } from '@azure/functions';
import { timerTask } from '../shared/http/timer.ts';

app.timer('delete-expired-state', {
  schedule: '0 33 3 * * *',
  handler: timerTask(async () =>
    (await import('../shared/compose/flow-state.ts')).deleteExpiredState(),
  ),
});
