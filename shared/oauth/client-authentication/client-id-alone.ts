import type { HttpCall } from '../../http/call.ts';
import type { Client, TokenEndpointAuthMethod } from '../../registry/client.ts';
import type { ClientAuthenticationMethod, Verdict } from './method.ts';

/** Whether the client is who its `client_id` says, by what came with the call besides parameters. */
export type Proof = (call: HttpCall, client: Client) => Promise<Verdict> | Verdict;

/** For `none`: a public client has nothing to prove itself with (RFC 6749 section 2.1). */
export const nothing: Proof = () => 'accepted';

/**
 * A request with `client_id` and no credentials among its parameters: the client's certificate in the
 * TLS handshake proves who it is (RFC 8705 section 2), or it is a public client. Which of them, the
 * registration says.
 * @param proofs by registered method.
 */
export function clientIdAlone(
  proofs: Readonly<Partial<Record<TokenEndpointAuthMethod, Proof>>>,
): ClientAuthenticationMethod {
  return {
    serves: Object.keys(proofs) as TokenEndpointAuthMethod[],
    read(call, parameters) {
      const clientId = parameters.get('client_id');
      if (clientId === undefined || call.headers.has('authorization')) return undefined;
      if (CREDENTIALS.some((name) => parameters.has(name))) return undefined;
      return {
        clientId,
        challenge: true,
        advice: ADVICE,
        async verify(client) {
          if (client === undefined) return 'another_method';
          const proof = proofs[client.tokenEndpointAuthMethod];
          return proof === undefined ? 'another_method' : proof(call, client);
        },
      };
    },
  };
}

const CREDENTIALS = ['client_secret', 'client_assertion', 'client_assertion_type'];

const ADVICE =
  'Of the client only client_id came. Send client_id and client_secret in an Authorization header with Basic, or both in the body, or a client_assertion; a client with a certificate shows it in the TLS handshake, and client_id alone is enough only for a client that is registered with token_endpoint_auth_method none.';
