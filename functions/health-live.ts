import { app } from '@azure/functions';
import { healthLive } from '../shared/compose/health.ts';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { problemSurface } from '../shared/http/problem.ts';

app.http('health-live', {
  route: 'health/live',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(problemSurface, healthLive),
});
