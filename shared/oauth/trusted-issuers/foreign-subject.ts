import type { Client } from '../../registry/client.ts';
import { userOfClient } from '../../registry/client.ts';
import { type Confirmation, isConfirmation } from '../../jwt/types.ts';
import { JudgedFault, type JudgedToken, type TokenJudge } from './token-judge.ts';

/** Whom a token of a trusted issuer speaks for when a client exchanges it. */
export interface ForeignSubject extends JudgedToken {
  readonly user: string;
  /** What the token is bound to; undefined for a bearer token. */
  readonly confirmation: Confirmation | undefined;
}

/**
 * Reads a token that a client wants to exchange for one of ours.
 * @param audiences what `aud` may be beside the audiences of the issuer's entry.
 * @throws {JudgedFault} also for a token that the rules make another client's: a token of ours that
 *   speaks for a client is that client's alone.
 */
export async function readForeignSubject(
  judge: TokenJudge,
  token: string,
  client: Client,
  audiences: readonly string[],
): Promise<ForeignSubject> {
  const { subscription } = client;
  const judged = await judge.judge(token, { use: 'exchange', subscription, audiences });
  if (judged === undefined) {
    throw new JudgedFault(
      'invalid_token',
      'issuer',
      'The token is of no issuer that is trusted here. Its iss has to be the issuer of an enabled entry below /registry/v1/issuers, exactly.',
    );
  }
  const { identity } = judged;
  const { cnf } = judged.token.claims;
  if (cnf !== undefined && !isConfirmation(cnf)) {
    throw new JudgedFault(
      'invalid_token',
      'cnf',
      'The token is bound in a way that is not known here.',
    );
  }
  if (identity.kind === 'user') return { ...judged, user: identity.user, confirmation: cnf };
  if (identity.clientId === client.clientId) {
    const { issuedAt } = judged.token;
    if (issuedAt === undefined || issuedAt < Math.floor(client.tokensFrom / 1000)) {
      throw new JudgedFault(
        'invalid_token',
        'revoked',
        'The token is older than the client, or than the time at which all its tokens were revoked, or does not say how old it is (iat). Request a new one.',
      );
    }
    return { ...judged, user: userOfClient(client.clientId), confirmation: cnf };
  }
  throw new JudgedFault(
    'access_policy',
    'client',
    "The rules of the token's issuer make it one of another client, and only that client may exchange it.",
  );
}
