import { createGrantEnding, type GrantEnding } from '../../shared/oauth/end-grants.ts';

export interface CuttableEnding extends GrantEnding {
  /** Set: the next ending of a grant fails at this write, and the one after it does not. */
  cutShortAt: 'revocation' | 'grant' | undefined;
}

/** The ending of grants, of an instance that can be killed between its writes. */
export function cuttableEnding(deps: Parameters<typeof createGrantEnding>[0]): CuttableEnding {
  const { grants, revocations } = deps;
  const survive = (write: CuttableEnding['cutShortAt']): Promise<void> => {
    if (ending.cutShortAt !== write) return Promise.resolve();
    ending.cutShortAt = undefined;
    return Promise.reject(new Error('killed'));
  };
  const ending: CuttableEnding = {
    cutShortAt: undefined,
    ...createGrantEnding({
      ...deps,
      grants: {
        ...grants,
        revoke: async (grantId, at) => {
          await survive('grant');
          return grants.revoke(grantId, at);
        },
      },
      revocations: {
        revokeGrant: async (grantId, until) => {
          await survive('revocation');
          return revocations.revokeGrant(grantId, until);
        },
      },
    }),
  };
  return ending;
}
