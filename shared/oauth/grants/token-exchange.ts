import type { Clock } from '../../config/clock.ts';
import type { Parameters } from '../../http/form.ts';
import { issuerOf } from '../../jwt/issuer-of.ts';
import {
  type AccessTokenClaims,
  type AccessTokenVerifier,
  type Actor,
  TokenFault,
} from '../../jwt/types.ts';
import { type Client, type ClientDirectory, userOfClient } from '../../registry/client.ts';
import { OAuthError } from '../errors.ts';
import type { Revocations } from '../revocations.ts';
import { grantScope } from '../scope.ts';
import { findRefusal } from '../token-standing.ts';
import { readForeignSubject } from '../trusted-issuers/foreign-subject.ts';
import { JudgedFault, type TokenJudge } from '../trusted-issuers/token-judge.ts';
import type { Grant, Granted, GrantRequest } from './grant.ts';
import { isKeyShown } from './user-grant.ts';

/** RFC 8693 section 3. */
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const ACCESS_TOKEN = `${TOKEN_TYPE}access_token`;
const JWT = `${TOKEN_TYPE}jwt`;
const TYPES = [ACCESS_TOKEN, JWT];
/** Clients that may have acted one after another. */
const MOST_ACTORS = 5;

export interface TokenExchangeDeps {
  readonly verifier: AccessTokenVerifier;
  readonly clients: ClientDirectory;
  readonly revocations: Pick<Revocations, 'isRevoked'>;
  readonly judge: TokenJudge;
  /** Whether this deployment issues tokens with that `iss`. */
  readonly isOurs: (iss: string) => Promise<boolean>;
  /** What stands for this server in `aud` of others' tokens. */
  readonly audiences: readonly string[];
  readonly clock: Clock;
}

/** What the subject token says, whoever has issued it. */
interface Subject extends Pick<Granted, 'subject' | 'grantId' | 'authTime'> {
  readonly expiresAt: number;
  /** Scopes that may be had of it; undefined where it sets no limit. */
  readonly scopes: readonly string[] | undefined;
  readonly confirmation: AccessTokenClaims['cnf'];
  /** Who acted for the subject before. */
  readonly actor: Actor | undefined;
}

/**
 * RFC 8693: a client exchanges an access token of this server or of a trusted issuer for one of its
 * own, which speaks for the same subject, lives no longer and may do no more. Who acts for the subject
 * is in `act`: the client that has authenticated itself, never an `actor_token`.
 */
export function tokenExchange(deps: TokenExchangeDeps): Grant {
  return {
    async grant(request) {
      const { client, parameters } = request;
      refuseUnsupported(parameters, client);
      const subject = await readSubject(request, deps);
      if (!isKeyShown(subject.confirmation, request.confirmation)) {
        throw refuse(
          'wrong_key',
          'The subject_token is bound to a key that the request does not prove to hold.',
        );
      }
      const scope = grantScope(parameters.get('scope'), limitsOf(client, subject.scopes));
      const actor = actorOf(client, subject);
      const { subject: user, grantId, authTime, expiresAt } = subject;
      return {
        subject: user,
        scope,
        mostSeconds: Math.max(1, Math.floor(expiresAt - deps.clock.now() / 1000)),
        issuedTokenType: parameters.get('requested_token_type') ?? ACCESS_TOKEN,
        ...(actor === undefined ? {} : { actor }),
        ...(grantId === undefined ? {} : { grantId }),
        ...(authTime === undefined ? {} : { authTime }),
      };
    },
  };
}

/** RFC 8693 section 2.2.2: whatever is wrong with the request or its tokens is invalid_request. */
const refuse = (reason: string, text: string): OAuthError =>
  OAuthError.invalidRequest(`exchange_${reason}`, text);

function refuseUnsupported(parameters: Parameters, { subscription }: Client): void {
  if (parameters.has('actor_token') || parameters.has('actor_token_type')) {
    throw refuse(
      'actor_token',
      'actor_token is not taken: the client that authenticates itself is who acts for the subject. Leave it out.',
    );
  }
  const requested = parameters.get('requested_token_type');
  if (requested !== undefined && !TYPES.includes(requested)) {
    throw refuse('requested_token_type', `requested_token_type can be ${TYPES.join(' or ')}.`);
  }
  const audiences = parameters.get('audience')?.split(' ') ?? [];
  if (audiences.some((audience) => audience !== subscription)) {
    throw OAuthError.invalidTarget(
      'audience',
      `audience can be ${subscription}, the subscription of the client: its tokens are for that alone.`,
    );
  }
}

async function readSubject(request: GrantRequest, deps: TokenExchangeDeps): Promise<Subject> {
  const { parameters, client } = request;
  const token = parameters.get('subject_token');
  const type = parameters.get('subject_token_type');
  if (token === undefined) {
    throw refuse('subject_token_missing', 'subject_token is missing. Send it in the body.');
  }
  if (type === undefined || !TYPES.includes(type)) {
    throw refuse('subject_token_type', `subject_token_type has to be ${TYPES.join(' or ')}.`);
  }
  const iss = issuerOf(token);
  if (iss !== undefined && (await deps.isOurs(iss))) return readOwn(token, client, deps);
  try {
    const foreign = await readForeignSubject(deps.judge, token, client, deps.audiences);
    return {
      subject: foreign.user,
      expiresAt: foreign.token.expiresAt,
      scopes: undefined,
      confirmation: foreign.confirmation,
      actor: undefined,
    };
  } catch (error) {
    if (!(error instanceof JudgedFault)) throw error;
    throw refuse(`subject_${error.check}`, error.message);
  }
}

async function readOwn(token: string, client: Client, deps: TokenExchangeDeps): Promise<Subject> {
  const claims = await verifyOwn(token, deps.verifier);
  const { sub, client_id: clientId, aud } = claims;
  if (aud !== client.subscription) {
    throw refuse(
      'subject_subscription',
      `The subject_token is for subscription ${aud}, not for that of the client.`,
    );
  }
  const refusal = await findRefusal(claims, deps.clients, deps.revocations);
  if (refusal !== undefined) throw refuse(`subject_${refusal.reason}`, refusal.message);
  if (sub === userOfClient(clientId) && clientId !== client.clientId) {
    throw refuse(
      'subject_client',
      'The subject_token speaks for another client, and only that client may exchange it.',
    );
  }
  return {
    subject: sub,
    expiresAt: claims.exp,
    scopes: claims.scope?.split(' ') ?? [],
    confirmation: claims.cnf,
    actor: claims.act,
    ...(claims.grant_id === undefined ? {} : { grantId: claims.grant_id }),
    ...(claims.auth_time === undefined ? {} : { authTime: claims.auth_time }),
  };
}

async function verifyOwn(token: string, verifier: AccessTokenVerifier): Promise<AccessTokenClaims> {
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (!(error instanceof TokenFault)) throw error;
    throw refuse(`subject_${error.check}`, error.message);
  }
}

/** Narrowing only: what neither the client nor the subject token has is not to be had. */
function limitsOf(
  client: Client,
  ofSubject: readonly string[] | undefined,
): Pick<Client, 'scopes' | 'defaultScopes'> {
  if (ofSubject === undefined) return client;
  const scopes = client.scopes.filter((scope) => ofSubject.includes(scope));
  return { scopes, defaultScopes: undefined };
}

/** RFC 8693 section 4.1: nobody acts for himself. */
function actorOf(client: Client, { subject, actor }: Subject): Actor | undefined {
  const user = userOfClient(client.clientId);
  if (subject === user) return actor;
  if (countActors(actor) >= MOST_ACTORS) {
    throw refuse(
      'too_many_actors',
      `The subject_token has been exchanged ${MOST_ACTORS} times already.`,
    );
  }
  return actor === undefined ? { sub: user } : { sub: user, act: actor };
}

const countActors = (actor: Actor | undefined): number =>
  actor === undefined ? 0 : 1 + countActors(actor.act);
