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

/** One link of the chain between a client and an iFlow, or of another one with names of its own. */
export interface Check<Name extends string = CheckName> {
  readonly check: Name;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: string;
  /** One sentence with the call to make; only where the check failed. */
  readonly remedy?: string;
}

export interface Diagnosis<Name extends string = CheckName> {
  /** Whether every check is passed. */
  readonly ok: boolean;
  /** A check that nothing can be said about, since there is no client or no iFlow, is not in it. */
  readonly checks: readonly Check<Name>[];
}

export function pass<Name extends string>(check: Name, detail: string): Check<Name> {
  return { check, ok: true, detail };
}

export function fail<Name extends string>(
  check: Name,
  detail: string,
  remedy: string,
): Check<Name> {
  return { check, ok: false, detail, remedy };
}
