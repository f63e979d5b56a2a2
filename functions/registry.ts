import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { problemSurface } from '../shared/http/problem.ts';

app.http('registry', {
  route: 'registry/v1/{*path}',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(problemSurface, async () =>
    (await import('../shared/compose/registry.ts')).registry(),
  ),
});
