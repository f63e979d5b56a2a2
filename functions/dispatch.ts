import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { bearerSurface } from '../shared/oauth/bearer.ts';

app.http('dispatch', {
  route: 'http/{*address}',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(bearerSurface, async () =>
    (await import('../shared/compose/iflow.ts')).dispatch(),
  ),
});
