import { app } from '@azure/functions';
import { dispatch } from '../shared/compose/iflow.ts';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { bearerSurface } from '../shared/oauth/bearer.ts';

app.http('dispatch', {
  route: 'http/{*address}',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(bearerSurface, dispatch),
});
