/** In the order in which a client and its call meet them. */
export type CheckName =
  | 'client_exists'
  | 'client_enabled'
  | 'secret_valid'
  | 'grant_allowed'
  | 'subscription'
  | 'flow_deployed'
  | 'role_assigned'
  | 'access_policy'
  | 'csrf';

/** One link of the chain between a client and an iFlow. */
export interface Check {
  readonly check: CheckName;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: string;
  /** One sentence with the call to make; only where the check failed. */
  readonly remedy?: string;
}

export interface Diagnosis {
  /** Whether every check is passed. */
  readonly ok: boolean;
  /** A check that nothing can be said about, since there is no client or no iFlow, is not in it. */
  readonly checks: readonly Check[];
}

export function pass(check: CheckName, detail: string): Check {
  return { check, ok: true, detail };
}

export function fail(check: CheckName, detail: string, remedy: string): Check {
  return { check, ok: false, detail, remedy };
}
