import { app } from '@azure/functions';
import { odata } from '../shared/compose/odata.ts';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { odataSurface } from '../shared/odata/errors.ts';

app.http('odata', {
  route: 'api/v1/{*path}',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(odataSurface, odata),
});
