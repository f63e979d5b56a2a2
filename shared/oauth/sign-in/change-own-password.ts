import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import type { Parameters } from '../../http/form.ts';
import type { SecretVerifier } from '../../registry/client.ts';
import type { RandomBytes } from '../../registry/secrets.ts';
import { changeUser, newSessionKey } from '../../registry/users/change-user.ts';
import {
  asSecret,
  findFaultInPassword,
  hashPassword,
  normalPassword,
} from '../../registry/users/password.ts';
import type { User } from '../../registry/users/user.ts';
import type { UserStore } from '../../registry/users/user-store.ts';
import type { FormError } from '../pages/fields.ts';

export interface PasswordChangeDeps {
  readonly users: UserStore;
  readonly secrets: SecretVerifier;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/**
 * Reads the new password out of a form and stores it, which ends the sessions of the user.
 * @returns the user as stored, or what is wrong with the form.
 * @throws {Fault} 409 when the account was changed since the session began.
 */
export async function changeOwnPassword(
  account: User,
  form: Parameters,
  deps: PasswordChangeDeps,
): Promise<User | FormError> {
  const fields = ['new_password', 'new_password_again'];
  const chosen = form.get('new_password') ?? '';
  const fault = findFaultInPassword(chosen, account.user);
  if (fault !== undefined) return { text: fault, fields };
  if (chosen !== form.get('new_password_again')) {
    return { text: 'The two new passwords are not the same. Type the new one twice.', fields };
  }
  if (await isThePresentOne(account, chosen, deps.secrets)) {
    return { text: 'That is the password you have. Choose another one.', fields };
  }
  const credential = await hashPassword(chosen, false, deps.random);
  const changed = await changeUser(deps.users, account.user, 'any', (user) => {
    if (user.sessionKey !== account.sessionKey || !user.enabled) throw changedMeanwhile();
    const updatedAt = deps.clock.now();
    return { ...user, credential, sessionKey: newSessionKey(deps.random), updatedAt };
  });
  return changed.value;
}

async function isThePresentOne(
  { user, credential }: User,
  password: string,
  secrets: SecretVerifier,
): Promise<boolean> {
  if (credential.kind !== 'password') throw changedMeanwhile();
  const holder = { clientId: `user:${user}`, secrets: [asSecret(credential)] };
  return (await secrets.verify(holder, [normalPassword(password)])) === 'accepted';
}

function changedMeanwhile(): Fault {
  return new Fault(409, 'Your account was changed while you chose a password. Sign in again.', {
    reason: 'account_changed',
  });
}
