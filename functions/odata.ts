import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { odataSurface } from '../shared/odata/errors.ts';

app.http('odata', {
  route: 'api/v1/{*path}',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(odataSurface, async () => (await import('../shared/compose/odata.ts')).odata()),
});
