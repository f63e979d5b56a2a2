import { app } from '@azure/functions';
import { wantsHttpStreaming } from '../shared/config/http-streaming.ts';

app.setup({ enableHttpStream: wantsHttpStreaming(process.env) });
