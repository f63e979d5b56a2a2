import { app } from '@azure/functions';
import { provide } from '../shared/compose.ts';

app.hook.appTerminate(() => provide.shutDown());
