import { app } from '@azure/functions';
import { timerTask } from '../shared/http/timer.ts';

// Every hour, so that the warning of the last day comes with nearly a day left.
app.timer('warn-of-expiring-secrets', {
  schedule: '0 29 * * * *',
  handler: timerTask(async () =>
    (await import('../shared/compose/expiring-secrets.ts')).warnOfSecrets(),
  ),
});
