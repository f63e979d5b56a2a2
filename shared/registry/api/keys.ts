import { type Handler, json } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { Problem } from '../../http/problem.ts';
import type { BearerGate } from '../../oauth/gate.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { KeyRing } from '../../jwt/key-ring.ts';
import type { KeyStanding } from '../../jwt/rotation.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];

/**
 * `/registry/v1/keys`: GET lists the ring (without any private part), POST makes the next key on
 * command. POST answers 201 with the key that it has made, or 200 with the one that is already
 * waiting for its turn: it can be repeated without harm. The registry's router
 * makes HEAD of GET.
 */
export function createKeysApi(deps: {
  readonly ring: KeyRing;
  readonly gate: BearerGate;
  /** `<account>tmn`. */
  readonly subscription: string;
  readonly trail: Pick<AuditTrail, 'change'>;
}): Handler {
  const { ring, gate, subscription, trail } = deps;
  return async (call) => {
    if (!/\/keys\/?$/.test(call.url.pathname)) {
      throw Problem.notFound(
        'There is nothing at this address. The keys are at /registry/v1/keys.',
      );
    }
    if (!METHODS.includes(call.method)) throw Fault.methodNotAllowed(METHODS);
    if (call.method === 'OPTIONS') return { status: 204, headers: { Allow: METHODS.join(', ') } };
    const caller = await gate.authenticate(call, subscription);
    if (call.method !== 'POST') {
      await gate.requireRole(caller, ['AuthGroup.Administrator', 'AuthGroup.ReadOnly']);
      // A few keys at most, on one page: the form is that of every list of the registry.
      const items = (await ring.standings()).map(describe);
      return json(200, { items, next_cursor: null });
    }
    await gate.requireRole(caller, ['AuthGroup.Administrator']);
    const { newest, made } = await trail.change(
      {
        action: 'key.rotate',
        actor: caller.user,
        object: { type: 'signing_key', name: '' },
        call,
      },
      () => ring.rotate(true),
      (rotated) => ({
        name: rotated.newest.key.kid,
        detail: rotated.made ? 'made the next key' : 'the next key was there already',
      }),
    );
    return json(made ? 201 : 200, describe(newest));
  };
}

function describe({ key, state, removedAfter }: KeyStanding) {
  return {
    kid: key.kid,
    alg: key.alg,
    state,
    created_at: toTime(key.createdAt),
    active_from: toTime(key.activeFrom),
    ...(removedAfter === undefined ? {} : { removed_after: toTime(removedAfter) }),
  };
}

const toTime = (milliseconds: number): string => new Date(milliseconds).toISOString();
