import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { oauthSurface } from '../shared/oauth/errors.ts';

app.http('par', {
  route: 'oauth2/api/v1/par',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(oauthSurface, async () =>
    (await import('../shared/compose/authorization.ts')).pushRequest(),
  ),
});
