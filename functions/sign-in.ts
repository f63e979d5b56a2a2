import { app } from '@azure/functions';
import { ALL_METHODS, endpoint } from '../shared/http/endpoint.ts';
import { pageSurface } from '../shared/oauth/pages/page-surface.ts';

app.http('sign-in', {
  route: 'oauth2/api/v1/sign-in/{*step}',
  methods: [...ALL_METHODS],
  authLevel: 'anonymous',
  handler: endpoint(pageSurface, async () =>
    (await import('../shared/compose/people.ts')).signIn(),
  ),
});
