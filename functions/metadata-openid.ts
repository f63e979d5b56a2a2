import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { oauthSurface } from '../shared/oauth/errors.ts';

app.http('metadata-openid', {
  route: '.well-known/openid-configuration',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(oauthSurface, async () =>
    (await import('../shared/compose/metadata.ts')).metadata(),
  ),
});
