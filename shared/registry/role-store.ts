import type { Page, PageRequest } from './page.ts';

export interface CustomRole {
  readonly role: string;
  readonly description: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface Assignment {
  readonly role: string;
  /** As given, 1 to 256 characters. */
  readonly user: string;
  /** Milliseconds since the epoch. */
  readonly assignedAt: number;
}

/**
 * Where custom roles and all assignments are kept. An assignment is written for role and user at
 * once, so that the two listings never disagree. Predefined roles are not in here, their
 * assignments are.
 */
export interface RoleStore {
  readRole(subscription: string, role: string): Promise<CustomRole | undefined>;
  /** All custom roles by name; the API bounds their number. */
  listRoles(subscription: string): Promise<readonly CustomRole[]>;
  /** False, and nothing changed, if the role is there already. */
  createRole(subscription: string, role: CustomRole): Promise<boolean>;
  /** False if there is no such role. */
  replaceRole(subscription: string, role: CustomRole): Promise<boolean>;
  /** Removes the role and all of its assignments, also those made meanwhile. False if there is none. */
  deleteRole(subscription: string, role: string): Promise<boolean>;

  /**
   * Assigns; again is no error.
   * @param kind a custom role must be there at the moment of the write.
   * @returns false, and nothing changed, if the custom role is not there.
   */
  assign(
    subscription: string,
    assignment: Assignment,
    kind: 'predefined' | 'custom',
  ): Promise<boolean>;
  /** Takes back; an assignment that is not there is no error. */
  unassign(subscription: string, role: string, user: string): Promise<void>;
  readAssignment(subscription: string, role: string, user: string): Promise<Assignment | undefined>;
  /** Who has the role; `after` is a user. */
  listUsers(subscription: string, role: string, page: PageRequest): Promise<Page<Assignment>>;
  /** What the user has, by role name; `after` is a role. */
  listRolesOf(subscription: string, user: string, page: PageRequest): Promise<Page<Assignment>>;
  /** The names of all roles of the user. */
  rolesOf(subscription: string, user: string): Promise<ReadonlySet<string>>;
  /** Takes all roles from the user. */
  unassignAll(subscription: string, user: string): Promise<void>;
}
