import { app } from '@azure/functions';
import { timerTask } from '../shared/http/timer.ts';

// Azure has no finer one that is worth it: flows that are due more often are run once in each.
app.timer('run-scheduled-flows', {
  schedule: '*/10 * * * * *',
  handler: timerTask(async () =>
    (await import('../shared/compose/scheduled-flows.ts')).runScheduledFlows(),
  ),
});
