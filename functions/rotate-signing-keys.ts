import { app } from '@azure/functions';
import { timerTask } from '../shared/http/timer.ts';

app.timer('rotate-signing-keys', {
  schedule: '0 17 3 * * *',
  handler: timerTask(async () =>
    (await import('../shared/compose/signing.ts')).rotateSigningKeys(),
  ),
});
