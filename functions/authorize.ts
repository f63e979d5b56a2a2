import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { authorizationSurface } from '../shared/oauth/authorization/refusal.ts';

app.http('authorize', {
  route: 'oauth2/api/v1/authorize',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(authorizationSurface, async () =>
    (await import('../shared/compose/authorization.ts')).authorize(),
  ),
});
