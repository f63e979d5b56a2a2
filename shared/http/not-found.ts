import { type Handler, json } from './call.ts';
import { Fault } from './fault.ts';
import { Problem } from './problem.ts';

/** `/`, and whatever no other function serves. */
export const answerNotFound: Handler = (call) => {
  if (call.url.pathname !== '/') {
    throw Problem.notFound(`There is nothing at ${call.url.pathname.slice(0, 200)}.`);
  }
  if (call.method !== 'GET' && call.method !== 'HEAD') {
    throw Fault.methodNotAllowed(['GET', 'HEAD']);
  }
  return json(200, {
    service: 'Flowgate',
    token_endpoint: '/oauth2/api/v1/token',
    introspection_endpoint: '/oauth2/api/v1/introspect',
    revocation_endpoint: '/oauth2/api/v1/revoke',
    metadata: '/.well-known/oauth-authorization-server',
    registry: '/registry/v1/clients',
    api: '/api/v1/',
    iflows: '/http/',
    health: '/health/ready',
  });
};
