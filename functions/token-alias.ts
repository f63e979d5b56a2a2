import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { oauthSurface } from '../shared/oauth/errors.ts';

app.http('token-alias', {
  route: 'oauth/token',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(oauthSurface, async () => (await import('../shared/compose/oauth.ts')).token()),
});
