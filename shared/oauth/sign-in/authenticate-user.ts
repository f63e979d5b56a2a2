import type { Clock } from '../../config/clock.ts';
import type { HttpCall } from '../../http/call.ts';
import type { Fault } from '../../http/fault.ts';
import type { SecretVerifier } from '../../registry/client.ts';
import type { RandomBytes } from '../../registry/secrets.ts';
import { asSecret, normalPassword } from '../../registry/users/password.ts';
import { isUserName, type User } from '../../registry/users/user.ts';
import type { UserStore } from '../../registry/users/user-store.ts';
import type { Throttle } from '../throttle.ts';

export interface UserAuthenticationDeps {
  readonly users: Pick<UserStore, 'read'>;
  readonly secrets: SecretVerifier;
  readonly throttle: Throttle;
  readonly clock: Clock;
  /** Resolves after that many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly random: RandomBytes;
}

/** Why nobody was let in; a tag for log and trail, not for the caller. */
export type UserRefusal = 'unknown_user' | 'wrong_password' | 'no_password' | 'user_disabled';

interface Accepted {
  readonly verdict: 'accepted';
  readonly user: User;
}

interface Refused {
  readonly verdict: UserRefusal;
  /** Undefined where there is no such user: what was typed may be a password. */
  readonly user: User | undefined;
}

type Verdict = Accepted | Refused;

export type UserJudgement =
  | Accepted
  /** With the 429 to answer in the place of the refusal. */
  | (Refused & { readonly slowed: Fault | undefined });

/** A refusal comes no sooner than this after the call, so that time tells nothing. */
const REFUSE_AFTER_MS = 100;

/**
 * Compares the password of a person, and slows whoever guesses, as for clients: by address, and by user
 * and address. A user that does not exist costs a comparison too.
 * @throws {Fault} 429 for an address that is slowed, 503 while too many sign in at once
 */
export function createUserAuthenticator(
  deps: UserAuthenticationDeps,
): (call: HttpCall, name: string, password: string) => Promise<UserJudgement> {
  // What no password hashes to.
  const nobody = asSecret({
    hash: deps.random(32).toString('base64url'),
    salt: deps.random(16).toString('base64url'),
  });

  const judge = async (name: string, password: string): Promise<Verdict> => {
    const isName = isUserName(name);
    const user = isName ? (await deps.users.read(name))?.value : undefined;
    const credential = user?.credential;
    const secret = credential?.kind === 'password' ? asSecret(credential) : nobody;
    // No client id has a colon. Each name by itself, in whatever case it is written: equal attempts
    // share one computation, and would tell by their time which of the names are nobody's.
    const holder = { clientId: `user:${isName ? name.toLowerCase() : name}`, secrets: [secret] };
    const outcome = await deps.secrets.verify(holder, [normalPassword(password)]);
    if (user === undefined) return { verdict: 'unknown_user', user };
    if (credential?.kind !== 'password') return { verdict: 'no_password', user };
    if (outcome !== 'accepted') return { verdict: 'wrong_password', user };
    return user.enabled ? { verdict: 'accepted', user } : { verdict: 'user_disabled', user };
  };

  return async (call, name, password) => {
    deps.throttle.admit(call);
    const judgement = await judge(name, password);
    if (judgement.verdict === 'accepted') {
      // Guesses sent at once are all compared at once; when they were too many, none of them gets in.
      deps.throttle.admit(call);
      return judgement;
    }
    const slowed = await deps.throttle.countFailure(call, `user:${name.toLowerCase()}`);
    const left = call.receivedAt + REFUSE_AFTER_MS - deps.clock.now();
    if (left > 0) await deps.wait(Math.min(left, REFUSE_AFTER_MS));
    return { ...judgement, slowed };
  };
}
