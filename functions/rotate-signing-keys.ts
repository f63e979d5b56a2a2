import { app } from '@azure/functions';
import { rotateSigningKeys } from '../shared/compose/signing.ts';
import { timerTask } from '../shared/http/timer.ts';

app.timer('rotate-signing-keys', {
  schedule: '0 17 3 * * *',
  handler: timerTask(rotateSigningKeys),
});
