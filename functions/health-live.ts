import { app } from '@azure/functions';
import { ALL_METHODS, endpoint, unconfigured } from '../shared/http/endpoint.ts';
import { healthLive } from '../shared/http/health.ts';
import { problemSurface } from '../shared/http/problem.ts';

app.http('health-live', {
  route: 'health/live',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(problemSurface, unconfigured(healthLive)),
});
