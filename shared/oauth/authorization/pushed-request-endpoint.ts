import { type Handler, type HttpCall, json } from '../../http/call.ts';
import { answerPreflight, corsHeaders } from '../../http/cors.ts';
import { Fault } from '../../http/fault.ts';
import type { Parameters } from '../../http/form.ts';
import type { AuditTrail } from '../../registry/audit/audit-trail.ts';
import type { Client } from '../../registry/client.ts';
import {
  authenticateClient,
  type ClientAuthenticationDeps,
} from '../client-authentication/authenticate-client.ts';
import { NO_STORE, OAuthError } from '../errors.ts';
import { readRequest } from '../request-limits.ts';
import type { ResourceIndicators } from '../resource.ts';
import type { PublicRequests } from '../public-requests.ts';
import type { TokenBinding } from '../token-binding.ts';
import { findRedirectTarget, readAuthorizationRequest } from './authorization-request.ts';
import { PUSHED_LIFETIME, type PushedRequests } from './pushed-requests.ts';
import { sortParameters, toQuery } from './request-parameters.ts';

export interface PushedRequestEndpointDeps extends ClientAuthenticationDeps {
  readonly pushed: PushedRequests;
  readonly publicRequests: PublicRequests;
  readonly binding: TokenBinding;
  readonly resources: ResourceIndicators;
  readonly audit: Pick<AuditTrail, 'note'>;
}

/**
 * Pushed authorization requests (RFC 9126): the client authenticates as at the token endpoint, the
 * request is checked as at the authorization endpoint, and the browser carries no more than a
 * reference to it.
 */
export function createPushedRequestEndpoint(deps: PushedRequestEndpointDeps): Handler {
  return async (call) => {
    if (call.method === 'OPTIONS') return answerPreflight(call.headers, PREFLIGHT, deps.origins);
    if (call.method !== 'POST') throw Fault.methodNotAllowed(['POST', 'OPTIONS']);
    const parameters = await readRequest(call);
    const client = await authenticateClient(call, parameters, deps, (reason, known) => {
      const object = { type: 'client', name: known?.clientId ?? '' };
      deps.audit.note({
        action: 'authorization.push',
        actor: '',
        object,
        call,
        outcome: 'failure',
        reason,
      });
    });
    const cors = corsHeaders(call.headers, client.allowedOrigins);
    try {
      if (client.tokenEndpointAuthMethod === 'none') deps.publicRequests.admit(call);
      const request = await checkRequest(call, client, parameters, deps);
      const requestUri = await deps.pushed.push(client.clientId, request);
      const answer = { request_uri: requestUri, expires_in: PUSHED_LIFETIME };
      return json(201, answer, { ...NO_STORE, ...cors });
    } catch (error) {
      throw error instanceof Fault ? error.with(cors) : error;
    }
  };
}

const PREFLIGHT = { methods: ['POST'], headers: ['authorization', 'content-type', 'dpop'] };

/** @returns the parameters to keep. */
async function checkRequest(
  call: HttpCall,
  client: Client,
  parameters: Parameters,
  deps: PushedRequestEndpointDeps,
): Promise<Parameters> {
  const sent = sortParameters(toQuery(parameters));
  const values = new Map(sent.values).set('client_id', client.clientId);
  if (values.has('request_uri')) {
    throw OAuthError.invalidRequest(
      'request_uri_pushed',
      'request_uri is what this endpoint answers with; it cannot be pushed (RFC 9126 section 2.1).',
    );
  }
  const jkt = await readProvenKey(call, client, deps.binding);
  if (jkt !== undefined) {
    if ((values.get('dpop_jkt') ?? jkt) !== jkt) {
      throw OAuthError.invalidRequest(
        'dpop_jkt_invalid',
        'dpop_jkt is not the key of the DPoP proof. Leave it out (RFC 9449 section 10.1).',
      );
    }
    values.set('dpop_jkt', jkt);
  }
  const request = { ...sent, values };
  const target = findRedirectTarget(client, request);
  readAuthorizationRequest(client, target, request, deps.resources);
  return values;
}

/** RFC 9449 section 10.1: a proof that comes with the request binds the code to its key. */
async function readProvenKey(
  call: HttpCall,
  client: Client,
  binding: TokenBinding,
): Promise<string | undefined> {
  if (!call.headers.has('dpop')) return undefined;
  const confirmation = await binding.confirm(call, client);
  return confirmation !== undefined && 'jkt' in confirmation ? confirmation.jkt : undefined;
}
