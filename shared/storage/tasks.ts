import type { DeployTask, TaskStore } from '../iflow/deployment/deployment-store.ts';
import { encodeKey } from './keys.ts';
import { isNotFound, type Tables } from './tables.ts';

interface TaskRow {
  readonly taskId: string;
  readonly artifactId: string;
  readonly status: DeployTask['status'];
}

/** Deploy tasks: each has a partition of its own, named by its id. */
export function openTaskStore(tables: Tables): TaskStore {
  return {
    async put(task) {
      const row = { ...task, partitionKey: encodeKey(task.taskId), rowKey: 'task' };
      await tables.withTable('tasks', (table) => table.upsertEntity(row, 'Replace'));
    },

    async find(taskId) {
      try {
        const row = await tables.withTable('tasks', (table) =>
          table.getEntity<TaskRow>(encodeKey(taskId), 'task'),
        );
        return { taskId: row.taskId, artifactId: row.artifactId, status: row.status };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    async remove(taskId) {
      try {
        await tables.withTable('tasks', (table) => table.deleteEntity(encodeKey(taskId), 'task'));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}
