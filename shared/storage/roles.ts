import { odata, type TransactionAction } from '@azure/data-tables';
import { Fault } from '../http/fault.ts';
import type { Assignment, CustomRole, RoleStore } from '../registry/role-store.ts';
import { encodeKey, joinKey, upTo } from './keys.ts';
import { readRow, readRows, type Row, textOf, toPage } from './rows.ts';
import { isConflict, isNotFound, isStale, type Tables } from './tables.ts';

/*
 * Table `roles`: one partition per subscription, so that one batch can write
 *   role|<role>           a custom role
 *   user|<user>|<role>    an assignment, to be found by its user
 *   users|<role>|<user>   the same, to be found by its role
 * The last two are only ever written and deleted together.
 */
const roleKey = (role: string): string => joinKey('role', role);
const byUser = (user: string, role: string): string => joinKey('user', user, role);
const byRole = (role: string, user: string): string => joinKey('users', role, user);

/** Rows that one batch may hold are 100, an assignment is two. */
const BATCH = 50;
/** How often a deletion begins again because others keep assigning. */
const TRIES = 20;

export function createRoleStore(tables: Tables): RoleStore {
  const find = (subscription: string, rowKey: string): Promise<Row | undefined> =>
    tables.withTable('roles', (table) => readRow(table, encodeKey(subscription), rowKey));
  const list = (subscription: string, prefix: string, after: string | undefined, limit: number) => {
    const begin = after === undefined ? odata`RowKey ge ${prefix}` : odata`RowKey gt ${after}`;
    const range = `${begin} and ${odata`RowKey lt ${upTo(prefix)}`}`;
    const filter = `${odata`PartitionKey eq ${encodeKey(subscription)}`} and ${range}`;
    return tables.withTable('roles', (table) => readRows(table, filter, limit));
  };
  const submit = (actions: TransactionAction[]): Promise<unknown> =>
    tables.withTable('roles', (table) => table.submitTransaction(actions));

  /** Takes back all assignments whose row begins with `prefix`, both rows of each at once. */
  const clear = async (subscription: string, prefix: string): Promise<void> => {
    const partitionKey = encodeKey(subscription);
    let failures = 0;
    for (;;) {
      const { rows } = await list(subscription, prefix, undefined, BATCH);
      if (rows.length === 0) return;
      const actions = rows.map(assignmentOf).flatMap(({ role, user }): TransactionAction[] => [
        ['delete', { partitionKey, rowKey: byUser(user, role) }],
        ['delete', { partitionKey, rowKey: byRole(role, user) }],
      ]);
      try {
        await submit(actions);
      } catch (error) {
        // Someone else has taken one of them back meanwhile; a batch is all or nothing.
        if (!isNotFound(error)) throw error;
        failures += 1;
        if (failures === TRIES) throw tooBusy(error);
      }
    }
  };

  return {
    async readRole(subscription, role) {
      const row = await find(subscription, roleKey(role));
      return row === undefined ? undefined : roleOf(row);
    },

    async listRoles(subscription) {
      const { rows } = await list(subscription, 'role|', undefined, Infinity);
      return rows.map(roleOf);
    },

    async createRole(subscription, role) {
      try {
        await tables.withTable('roles', (table) => table.createEntity(rowOf(subscription, role)));
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },

    async replaceRole(subscription, role) {
      try {
        await tables.withTable('roles', (table) =>
          table.updateEntity(rowOf(subscription, role), 'Merge'),
        );
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },

    async deleteRole(subscription, role) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const row = await find(subscription, roleKey(role));
        if (row === undefined) return tries > 0;
        await clear(subscription, `${joinKey('users', role)}|`);
        try {
          await tables.withTable('roles', (table) =>
            table.deleteEntity(encodeKey(subscription), roleKey(role), { etag: row.etag }),
          );
          return true;
        } catch (error) {
          // Every assignment touches the row of its role: this one came while we were clearing.
          if (!isStale(error) && !isNotFound(error)) throw error;
        }
      }
      throw tooBusy();
    },

    async assign(subscription, assignment, kind) {
      const partitionKey = encodeKey(subscription);
      const { role, user } = assignment;
      const values = { role, user, assignedAt: timeOf(assignment.assignedAt) };
      const touch: TransactionAction[] =
        kind === 'predefined'
          ? []
          : [['update', { partitionKey, rowKey: roleKey(role) }, 'Merge', { etag: '*' }]];
      try {
        await submit([
          ...touch,
          ['upsert', { partitionKey, rowKey: byUser(user, role), ...values }, 'Merge'],
          ['upsert', { partitionKey, rowKey: byRole(role, user), ...values }, 'Merge'],
        ]);
        return true;
      } catch (error) {
        if (kind === 'custom' && isNotFound(error)) return false;
        throw error;
      }
    },

    async unassign(subscription, role, user) {
      const partitionKey = encodeKey(subscription);
      try {
        await submit([
          ['delete', { partitionKey, rowKey: byUser(user, role) }],
          ['delete', { partitionKey, rowKey: byRole(role, user) }],
        ]);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },

    async readAssignment(subscription, role, user) {
      const row = await find(subscription, byUser(user, role));
      return row === undefined ? undefined : assignmentOf(row);
    },

    async listUsers(subscription, role, { after, limit }) {
      const begin = after === undefined ? undefined : byRole(role, after);
      const found = await list(subscription, `${joinKey('users', role)}|`, begin, limit);
      return toPage(found, assignmentOf, (assignment) => assignment.user);
    },

    async listRolesOf(subscription, user, { after, limit }) {
      const begin = after === undefined ? undefined : byUser(user, after);
      const found = await list(subscription, `${joinKey('user', user)}|`, begin, limit);
      return toPage(found, assignmentOf, (assignment) => assignment.role);
    },

    async rolesOf(subscription, user) {
      const { rows } = await list(subscription, `${joinKey('user', user)}|`, undefined, Infinity);
      return new Set(rows.map((row) => textOf(row, 'role')));
    },

    unassignAll: (subscription, user) => clear(subscription, `${joinKey('user', user)}|`),
  };
}

function rowOf(subscription: string, role: CustomRole) {
  return {
    partitionKey: encodeKey(subscription),
    rowKey: roleKey(role.role),
    ...role,
    createdAt: timeOf(role.createdAt),
  };
}

/** As text: the service takes a plain JSON number for one of 32 bits. */
const timeOf = (ms: number): string => new Date(ms).toISOString();

function roleOf(row: Row): CustomRole {
  return {
    role: textOf(row, 'role'),
    description: textOf(row, 'description'),
    createdAt: Date.parse(textOf(row, 'createdAt')),
  };
}

function assignmentOf(row: Row): Assignment {
  return {
    role: textOf(row, 'role'),
    user: textOf(row, 'user'),
    assignedAt: Date.parse(textOf(row, 'assignedAt')),
  };
}

function tooBusy(cause?: unknown): Fault {
  return Fault.unavailable(
    'The assignments are being changed by others at the same moment. Send the request again.',
    1,
    cause,
  );
}
