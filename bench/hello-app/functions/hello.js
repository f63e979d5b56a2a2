import { app } from '@azure/functions';

// What a Functions app costs before it does anything.
app.http('hello', {
  methods: ['GET', 'POST'],
  authLevel: 'anonymous',
  handler: () => ({ status: 200, body: 'Hello world from IFlow' }),
});
