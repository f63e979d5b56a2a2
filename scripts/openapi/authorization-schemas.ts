import { z } from 'zod';

/* The authorization endpoint, pushed requests, and what users have granted. */

const time = z.iso.datetime();

const authorizationRequest = {
  response_type: z.literal('code'),
  client_id: z.string().optional().describe('At the authorization endpoint always.'),
  redirect_uri: z.string().optional().describe('One of the client; may be left out if it has one.'),
  scope: z.string().optional().describe("The client's default if left out."),
  state: z.string().optional().describe('Comes back with the answer.'),
  code_challenge: z.string().describe('base64url of the SHA-256 of code_verifier (RFC 7636).'),
  code_challenge_method: z.literal('S256'),
  dpop_jkt: z.string().optional().describe('Thumbprint of a DPoP key (RFC 9449 section 10).'),
  prompt: z.string().optional().describe('none, login, consent, select_account.'),
  max_age: z.string().optional().describe('Seconds that the sign-in may lie back.'),
  login_hint: z.string().optional(),
};

export const UserGrant = z.strictObject({
  grant_id: z.string().describe('The claim grant_id of its access tokens.'),
  client_id: z.string(),
  subscription: z.string(),
  scope: z.string(),
  created_at: time,
  last_used_at: time.nullable().describe('When its refresh token was used last.'),
  expires_at: time,
});

export const authorizationRequests = {
  PushedRequest: z.object({ ...authorizationRequest, client_secret: z.string().optional() }),
  Decision: z
    .object({ ...authorizationRequest, csrf: z.string(), decision: z.enum(['allow', 'deny']) })
    .partial()
    .describe('A request as in the query; with csrf and decision the answer to the consent page.'),
};

export const authorizationResponses = {
  PushedReference: z
    .strictObject({ request_uri: z.string(), expires_in: z.int() })
    .describe('RFC 9126 section 2.2.'),
};

/** Members of the metadata. */
export const authorizationMembers = {
  authorization_endpoint: z.string(),
  pushed_authorization_request_endpoint: z.string(),
  require_pushed_authorization_requests: z.boolean(),
  response_modes_supported: z.array(z.string()),
  code_challenge_methods_supported: z.array(z.string()),
  authorization_response_iss_parameter_supported: z.boolean(),
  request_parameter_supported: z.boolean(),
  request_uri_parameter_supported: z.boolean(),
  prompt_values_supported: z.array(z.string()),
};
