import { app } from '@azure/functions';
import { notFound } from '../shared/compose/health.ts';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { problemSurface } from '../shared/http/problem.ts';

// The host tries routes in the order of function names: a catch-all has to come last.
app.http('zz-not-found', {
  route: '{*path}',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(problemSurface, notFound),
});
