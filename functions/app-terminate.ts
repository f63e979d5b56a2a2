import { app } from '@azure/functions';
import { shutDown } from '../shared/compose/environment.ts';

app.hook.appTerminate(shutDown);
