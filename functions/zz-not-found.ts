import { app } from '@azure/functions';
import { ALL_METHODS, endpoint, unconfigured } from '../shared/http/endpoint.ts';
import { answerNotFound } from '../shared/http/not-found.ts';
import { problemSurface } from '../shared/http/problem.ts';

// The host tries routes in the order of function names: a catch-all has to come last.
app.http('zz-not-found', {
  route: '{*path}',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(problemSurface, unconfigured(answerNotFound)),
});
