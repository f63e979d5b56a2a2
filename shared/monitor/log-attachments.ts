import type { WriteBehind } from './write-behind.ts';

/** The content of an attachment of the message processing log. */
export interface LogAttachment {
  readonly messageGuid: string;
  /** Its place in the entry's `attachments`. */
  readonly index: number;
  readonly text: string;
}

export interface LogAttachmentStore {
  /** Writing the same attachments again makes them no second time. */
  append(attachments: readonly LogAttachment[]): Promise<void>;
  read(messageGuid: string, index: number): Promise<string | undefined>;
  /** Deletes those of messages that began before `before`, by the hour. @returns rows. */
  deleteBefore(before: number): Promise<number>;
}

/** Where messages put them: kept in memory and written behind the answer. */
export type LogAttachmentWriter = WriteBehind<LogAttachment>;

export interface LogAttachmentReader {
  /** @returns undefined where it has expired, or was never written. */
  read(messageGuid: string, index: number): Promise<string | undefined>;
}

/** Characters that one instance holds at a time; what is too much is given up, the oldest first. */
export const MOST_HELD_CHARACTERS = 16 * 1024 * 1024;

export const weightOfAttachment = ({ text }: LogAttachment): number => text.length;

/** Reads attachments, those that this instance still holds in memory included. */
export function createLogAttachmentReader(
  store: Pick<LogAttachmentStore, 'read'>,
  writer: Pick<LogAttachmentWriter, 'flush'>,
): LogAttachmentReader {
  return {
    async read(messageGuid, index) {
      await writer.flush();
      return store.read(messageGuid, index);
    },
  };
}
