import { z } from 'zod';

const text = z.string();

/** `POST /registry/v1/facades`: what a facade is made of; `shared/facade/facade-request.ts` reads it. */
const FacadeRequest = z
  .strictObject({
    address: text.describe(
      'Of the HTTPS sender, below /http; with /* at its end, what is below goes on.',
    ),
    target_url: text.describe(
      'What is called on the tenant, or its path where service_key tells the rest.',
    ),
    service_key: z
      .looseObject({
        oauth: z.looseObject({
          clientid: text.optional(),
          clientsecret: text.optional(),
          tokenurl: text.optional(),
          url: text.optional(),
        }),
      })
      .optional()
      .describe(
        'A Cloud Foundry service key, in the place of token_url, client_id and client_secret.',
      ),
    token_url: text.optional(),
    client_id: text.optional(),
    client_secret: text.optional(),
    scope: text.optional(),
    client_authentication: z.enum(['header', 'body']).optional().describe('header unless told.'),
    credential_name: text
      .optional()
      .describe('Of OAuth2 client credentials that are there, or that are made under this name.'),
    iflow_id: text.optional().describe('Made of the address unless told.'),
    name: text.optional(),
    package_id: text.optional().describe('Facades unless told; made where it is not there.'),
    user_role: text.optional().describe('ESBMessaging.send unless told.'),
    csrf_protected: z.boolean().optional(),
    request_headers: z
      .array(text)
      .max(50)
      .optional()
      .describe(
        'That go on to the tenant beside Content-Type; Accept and Accept-Language unless told.',
      ),
  })
  .describe('The template "call an iFlow on my SAP tenant".');

const Facade = z.strictObject({
  iflow_id: text,
  name: text,
  package_id: text,
  credential_name: text,
  address: text,
  url: text.describe('Where it is called.'),
  target_url: text,
  user_role: text.describe('What callers need, in the subscription of the runtime.'),
  status: z.literal('STARTED'),
});

export const facadeRequests = { FacadeRequest };
export const facadeResponses = { Facade };
