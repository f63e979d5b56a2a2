import { app } from '@azure/functions';

app.hook.appTerminate(async () => (await import('../shared/compose/environment.ts')).shutDown());
