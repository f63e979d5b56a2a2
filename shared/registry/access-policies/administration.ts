import { Fault } from '../../http/fault.ts';
import type {
  AccessPolicies,
  AccessPolicy,
  AccessPolicyStore,
  ArtifactReference,
} from './access-policy.ts';
import { requireRoom, requireUnique } from './rules.ts';

type NewReference = Omit<ArtifactReference, 'id'>;

/** Writes access policies. Each change replaces all of them under the ETag of what it was made from. */
export interface AccessPolicyAdministration {
  list(): Promise<readonly AccessPolicy[]>;
  /** @throws {Fault} 404 */
  get(id: number): Promise<AccessPolicy>;
  /** @throws {Fault} 409 for a role that has a policy; 400 when there are too many. */
  create(
    given: Pick<AccessPolicy, 'roleName' | 'description'>,
    references: readonly NewReference[],
  ): Promise<AccessPolicy>;
  /** @throws {Fault} 404 */
  describe(id: number, description: string): Promise<AccessPolicy>;
  /** With its references. @throws {Fault} 404 */
  remove(id: number): Promise<AccessPolicy>;
  /** @throws {Fault} 404, 400 */
  addReference(policyId: number, reference: NewReference): Promise<ArtifactReference>;
  /** @returns the policy that it was of. @throws {Fault} 404 */
  removeReference(id: number): Promise<AccessPolicy>;
}

/** A change that finds itself overtaken is decided anew, this often at most. */
const MOST_TRIES = 20;

export function createAccessPolicyAdministration(
  store: AccessPolicyStore,
  /** Told of every attempt. */
  onChange: () => void,
): AccessPolicyAdministration {
  const change = async <T>(
    decide: (before: AccessPolicies) => { readonly after: AccessPolicies; readonly result: T },
  ): Promise<T> => {
    try {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const { value, etag } = await store.read();
        const { after, result } = decide(value);
        requireRoom(after);
        if (await store.write(after, etag)) return result;
      }
    } finally {
      onChange();
    }
    throw Fault.unavailable('This is being changed by others at the same time. Try again.', 1);
  };

  /** Puts another policy in the place of one, or none. */
  const changeOne = <T>(
    find: (policy: AccessPolicy) => boolean,
    decide: (
      policy: AccessPolicy,
      nextId: number,
    ) => { readonly policy?: AccessPolicy; readonly nextId?: number; readonly result: T },
  ): Promise<T> =>
    change(({ nextId, policies }) => {
      const before = policies.find(find);
      if (before === undefined) throw unknown();
      const decided = decide(before, nextId);
      const after = policies.flatMap((policy) => {
        if (policy !== before) return [policy];
        return decided.policy === undefined ? [] : [decided.policy];
      });
      return {
        after: { nextId: decided.nextId ?? nextId, policies: after },
        result: decided.result,
      };
    });

  return {
    async list() {
      return (await store.read()).value.policies;
    },

    async get(id) {
      const found = (await store.read()).value.policies.find((policy) => policy.id === id);
      if (found === undefined) throw unknown();
      return found;
    },

    create: ({ roleName, description }, given) =>
      change(({ nextId, policies }) => {
        requireUnique(policies, roleName);
        const references = given.map((reference, i) => ({ ...reference, id: nextId + 1 + i }));
        const policy: AccessPolicy = { id: nextId, roleName, description, references };
        const after = { nextId: nextId + 1 + given.length, policies: [...policies, policy] };
        return { after, result: policy };
      }),

    describe: (id, description) =>
      changeOne(
        (policy) => policy.id === id,
        (before) => {
          const policy = { ...before, description };
          return { policy, result: policy };
        },
      ),

    remove: (id) =>
      changeOne(
        (policy) => policy.id === id,
        (before) => ({ result: before }),
      ),

    addReference: (policyId, given) =>
      changeOne(
        (policy) => policy.id === policyId,
        (before, nextId) => {
          const reference = { ...given, id: nextId };
          const policy = { ...before, references: [...before.references, reference] };
          return { policy, nextId: nextId + 1, result: reference };
        },
      ),

    removeReference: (id) =>
      changeOne(
        (policy) => policy.references.some((reference) => reference.id === id),
        (before) => {
          const references = before.references.filter((reference) => reference.id !== id);
          return { policy: { ...before, references }, result: before };
        },
      ),
  };
}

function unknown(): Fault {
  return new Fault(404, 'Requested entity could not be found.', {
    reason: 'unknown_access_policy',
  });
}
