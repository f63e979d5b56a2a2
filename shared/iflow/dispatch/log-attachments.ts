import type { LogAttachment } from '../../monitor/log-attachments.ts';
import type { MessageLogAttachment } from '../../monitor/message-log.ts';
import type { ScriptLogEntry } from '../script/engine.ts';

/** What scripts have attached to the log, as the message's entry lists it. */
export function listAttachments(log: readonly ScriptLogEntry[]): MessageLogAttachment[] {
  return attachmentsIn(log).map(({ name, mediaType, text }) => ({
    name: name.slice(0, 200),
    contentType: mediaType.slice(0, 200),
    size: Buffer.byteLength(text),
  }));
}

/** Their contents, by their places in that list. */
export function attachmentContents(
  messageGuid: string,
  log: readonly ScriptLogEntry[],
): LogAttachment[] {
  return attachmentsIn(log).map(({ text }, index) => ({ messageGuid, index, text }));
}

function attachmentsIn(log: readonly ScriptLogEntry[]) {
  return log.filter((entry) => entry.kind === 'attachment');
}
