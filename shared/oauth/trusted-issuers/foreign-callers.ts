import { REFUSE_ON_MS } from '../../cache/stale-cache.ts';
import { hash } from 'node:crypto';
import type { HttpCall } from '../../http/call.ts';
import { type AccessTokenClaims, isConfirmation } from '../../jwt/types.ts';
import { type Client, type ClientDirectory, userOfClient } from '../../registry/client.ts';
import { rolesGivenBy } from '../../registry/issuers/claim-rules.ts';
import { BearerFault, type Caller } from '../gate.ts';
import { JudgedFault, type JudgedToken, type TokenJudge } from './token-judge.ts';

/** Callers that show an access token of a trusted issuer itself. */
export interface ForeignCallers {
  /**
   * The caller, as the rules of the issuer say. What a bound token has to be shown with is the gate's
   * check, as for our own.
   * @returns undefined for a token that is of no trusted issuer.
   * @throws {BearerFault}
   * @throws {Fault} 503 while the issuer's keys cannot be had.
   */
  find(call: HttpCall, token: string, subscription: string): Promise<Caller | undefined>;
}

export function createForeignCallers(deps: {
  readonly judge: TokenJudge;
  readonly clients: ClientDirectory;
}): ForeignCallers {
  const { judge, clients } = deps;
  return {
    async find(call, token, subscription) {
      const judged = await judgeDirectly(judge, call, token, subscription);
      if (judged === undefined) return undefined;
      const { issuer, identity } = judged;
      call.annotate({ issuer: issuer.issuerId });
      const claims = claimsOf(judged, token);
      if (identity.kind === 'client') {
        const refusal =
          compare(await clients.find(identity.clientId), claims) &&
          compare(await clients.find(identity.clientId, REFUSE_ON_MS), claims);
        if (refusal !== undefined) throw refusal;
      }
      return {
        user: claims.sub,
        clientId: claims.client_id,
        subscription,
        claims,
        givenRoles: new Set(rolesGivenBy(issuer, judged.token.claims)),
      };
    },
  };
}

async function judgeDirectly(
  judge: TokenJudge,
  call: HttpCall,
  token: string,
  subscription: string,
): Promise<JudgedToken | undefined> {
  try {
    return await judge.judge(token, { use: 'direct', subscription, audiences: [] });
  } catch (error) {
    if (!(error instanceof JudgedFault)) throw error;
    call.annotate({ token_check: error.check });
    throw new BearerFault(error.reason, error.message, { cause: error });
  }
}

/** The token in the words of our own; its `iss` says that it is none. */
function claimsOf({ issuer, token, identity }: JudgedToken, text: string): AccessTokenClaims {
  const { iat, jti, cnf, azp, appid, client_id: id, scope } = token.claims;
  if (token.issuedAt === undefined || typeof iat !== 'number') {
    throw new BearerFault('invalid_token', 'The token has no iat, so its age cannot be known.');
  }
  // A binding that we do not know is one that we cannot check.
  if (cnf !== undefined && !isConfirmation(cnf)) {
    throw new BearerFault('invalid_token', 'The token is bound in a way that is not known here.');
  }
  const isOfClient = identity.kind === 'client';
  const foreignClient = [azp, appid, id].find((one) => typeof one === 'string') ?? '';
  return {
    iss: issuer.issuer,
    sub: isOfClient ? userOfClient(identity.clientId) : identity.user,
    // No registered client has a colon in its id.
    client_id: isOfClient ? identity.clientId : `${issuer.issuerId}:${foreignClient}`,
    aud: issuer.subscription,
    exp: token.expiresAt,
    iat,
    jti: typeof jti === 'string' ? jti : hash('sha256', text, 'base64url'),
    ...(typeof scope === 'string' ? { scope } : {}),
    ...(cnf === undefined ? {} : { cnf }),
  };
}

/** What stands between a client as it is now and a token that a rule has made its own. */
function compare(
  client: Client | undefined,
  { client_id: clientId, sub: user, iat, aud }: AccessTokenClaims,
): BearerFault | undefined {
  if (client === undefined) {
    return new BearerFault(
      'access_policy',
      `The rules of its issuer make the token one of the client ${clientId}, which is not registered.`,
    );
  }
  if (iat < Math.floor(client.tokensFrom / 1000)) {
    return new BearerFault(
      'revoked',
      `The token is older than the client ${clientId}, or than the time at which all its tokens were revoked. Request a new one.`,
      { user },
    );
  }
  if (!client.enabled) {
    return new BearerFault(
      'client_disabled',
      `The client ${clientId} is disabled. Ask an administrator to enable it.`,
      { user },
    );
  }
  if (client.subscription !== aud) {
    return new BearerFault(
      'wrong_subscription',
      `The rules of its issuer make the token one of the client ${clientId}, which is of subscription ${client.subscription}.`,
      { user },
    );
  }
  return undefined;
}
