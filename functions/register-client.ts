import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { oauthSurface } from '../shared/oauth/errors.ts';

app.http('register-client', {
  route: 'oauth2/api/v1/register/{client_id}',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(oauthSurface, async () =>
    (await import('../shared/compose/registration.ts')).registerClient(),
  ),
});
