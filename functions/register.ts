import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { oauthSurface } from '../shared/oauth/errors.ts';

app.http('register', {
  route: 'oauth2/api/v1/register',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(oauthSurface, async () =>
    (await import('../shared/compose/registration.ts')).register(),
  ),
});
