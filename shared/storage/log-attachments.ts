import { odata } from '@azure/data-tables';
import { type LogAttachmentStore } from '../monitor/log-attachments.ts';
import { startOfMessageGuid } from '../monitor/message-guid.ts';
import { packBytes, ROW_CAPACITY, unpackBytes } from './packed-json.ts';
import { deleteWhere, hourOf, readRow } from './rows.ts';
import type { ContentSealer } from './sealed-content.ts';
import { isTableMissing, type Tables } from './tables.ts';

/**
 * The table `logattachments`: what scripts have attached to the log is often the payload, so it is
 * encrypted. Partition is the hour in which the message began, which its id tells.
 */
export function openLogAttachments(tables: Tables, sealer: ContentSealer): LogAttachmentStore {
  const rowKeyOf = (messageGuid: string, index: number, part: number): string =>
    `${messageGuid}-${index}-${part}`;

  return {
    async append(attachments) {
      for (const { messageGuid, index, text } of attachments) {
        const start = startOfMessageGuid(messageGuid);
        if (start === undefined) throw new Error(`${messageGuid} is no id of a message.`);
        const content = { about: {}, bytes: Buffer.from(text, 'utf8') };
        const sealed = await sealer.seal(content, `${messageGuid}-${index}`);
        const parts = Math.ceil(sealed.length / ROW_CAPACITY);
        for (let part = 0; part < parts; part += 1) {
          const row = {
            ...packBytes(sealed.subarray(part * ROW_CAPACITY, (part + 1) * ROW_CAPACITY)),
            partitionKey: hourOf(start),
            rowKey: rowKeyOf(messageGuid, index, part),
            parts,
          };
          await tables.withTable('logattachments', (table) => table.upsertEntity(row, 'Replace'));
        }
      }
    },

    async read(messageGuid, index) {
      const start = startOfMessageGuid(messageGuid);
      if (start === undefined) return undefined;
      const table = tables.table('logattachments');
      const parts: Buffer[] = [];
      try {
        for (let part = 0, count = 1; part < count; part += 1) {
          const row = await readRow(table, hourOf(start), rowKeyOf(messageGuid, index, part));
          if (row === undefined) return undefined;
          count = Number(row['parts']);
          parts.push(unpackBytes(row));
        }
      } catch (error) {
        if (isTableMissing(error)) return undefined;
        throw error;
      }
      const { bytes } = await sealer.open(Buffer.concat(parts), `${messageGuid}-${index}`);
      return Buffer.from(bytes).toString('utf8');
    },

    async deleteBefore(before) {
      const filter = odata`PartitionKey lt ${hourOf(before)}`;
      return tables.withTable('logattachments', (table) => deleteWhere(table, filter));
    },
  };
}
