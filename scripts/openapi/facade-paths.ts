import type { Paths } from './operation.ts';
import { BODY_PROBLEMS, JSON_TYPE, problems } from './registry-paths.ts';

const FACADE = {
  iflow_id: 'Facade_v1_orders',
  name: 'Facade_v1_orders',
  package_id: 'Facades',
  credential_name: 'Facade_v1_orders',
  address: '/v1/orders',
  url: 'https://flowgate.example/http/v1/orders',
  target_url: 'https://tenant.it-rt.example/http/orders',
  user_role: 'ESBMessaging.send',
  status: 'STARTED',
};

export const facadePaths: Paths = {
  '/registry/v1/facades': {
    post: {
      summary: 'Make a facade of an iFlow on an SAP tenant',
      description:
        'Makes OAuth2 client credentials, package and iFlow, and deploys it. The same request can be sent again: what is there is brought to what it says. For AuthGroup.Administrator and AuthGroup.IntegrationDeveloper.',
      access: 'management',
      request: {
        schema: 'FacadeRequest',
        mediaTypes: JSON_TYPE,
        required: true,
        example: {
          address: '/v1/orders',
          target_url: 'https://tenant.it-rt.example/http/orders',
          token_url: 'https://tenant.authentication.example/oauth/token',
          client_id: 'sb-1',
          client_secret: 'lJ4vjV0iJb9vWmSg1PzmS9oMf3XcKq0LrUeZyDtw3iE',
        },
      },
      answers: {
        200: {
          description: 'It was there, and is as asked for',
          schema: 'Facade',
          example: FACADE,
        },
        201: { description: 'Made', schema: 'Facade', example: FACADE },
        ...problems(409, ...BODY_PROBLEMS),
      },
    },
  },
};
