import type { LogAttachmentReader } from '../monitor/log-attachments.ts';
import type {
  MessageLogAttachment,
  MessageLogEntry,
  MessageLogReader,
} from '../monitor/message-log.ts';
import { ODataError } from './errors.ts';
import type { Entity, EntityType } from './model.ts';
import { keyValues } from './path.ts';
import { collectionRoutes, replyEntity } from './reply.ts';
import type { ODataRequest, Routes } from './request.ts';

export const logAttachmentType: EntityType = {
  name: 'MessageProcessingLogAttachment',
  set: 'MessageProcessingLogAttachments',
  keys: ['Id'],
  properties: {
    Id: 'Edm.String',
    MessageGuid: 'Edm.String',
    TimeStamp: 'Edm.DateTime',
    Name: 'Edm.String',
    ContentType: 'Edm.String',
    PayloadSize: 'Edm.Int64',
  },
  navigations: {},
  media: true,
};

/** The path of the contents, which may be payloads. */
export const LOG_ATTACHMENT_CONTENT = `${logAttachmentType.set}()/$value`;

/** `MessageProcessingLogAttachments`: what scripts have attached to the log. */
export function logAttachmentRoutes(
  log: Pick<MessageLogReader, 'find'>,
  contents: LogAttachmentReader,
): Routes {
  const find = async (
    request: ODataRequest,
  ): Promise<{ entry: MessageLogEntry; attachment: MessageLogAttachment; index: number }> => {
    const [id = ''] = keyValues(request.segments[0], ['Id']);
    const [, messageGuid = '', place = ''] = /^(.+)-(\d{1,3})$/.exec(id) ?? [];
    const index = Number(place);
    const entry = messageGuid === '' ? undefined : await log.find(messageGuid);
    const attachment = entry?.attachments?.[index];
    if (entry === undefined || attachment === undefined) throw ODataError.notFound();
    return { entry, attachment, index };
  };

  return {
    ...collectionRoutes(
      'MessageProcessingLogs()/Attachments',
      logAttachmentType,
      async (request) => {
        const [messageGuid = ''] = keyValues(request.segments[0], ['MessageGuid']);
        const entry = await log.find(messageGuid);
        if (entry === undefined) throw ODataError.notFound();
        return logAttachmentEntities(entry);
      },
    ),
    [`${logAttachmentType.set}()`]: {
      GET: async (request) => {
        const { entry, index } = await find(request);
        return replyEntity(request, logAttachmentType, logAttachmentEntities(entry)[index] ?? {});
      },
    },
    [LOG_ATTACHMENT_CONTENT]: {
      GET: async (request) => {
        const { entry, attachment, index } = await find(request);
        const body = await contents.read(entry.messageGuid, index);
        if (body === undefined) {
          throw ODataError.notFound('The content of the attachment is not there.');
        }
        return {
          status: 200,
          headers: {
            'Content-Type': `${mediaTypeOf(attachment.contentType)};charset=utf-8`,
            // What a script has written must not run as a page of this origin.
            'Content-Disposition': 'attachment',
            'Content-Security-Policy': "default-src 'none'; sandbox",
            'X-Content-Type-Options': 'nosniff',
          },
          body,
        };
      },
    },
  };
}

export function logAttachmentEntities(entry: MessageLogEntry): Entity[] {
  return (entry.attachments ?? []).map(({ name, contentType, size }, index) => ({
    Id: `${entry.messageGuid}-${index}`,
    MessageGuid: entry.messageGuid,
    TimeStamp: entry.logEnd,
    Name: name,
    ContentType: contentType,
    PayloadSize: size,
  }));
}

/** The media type without its parameters, where it is one (RFC 9110 section 8.3.1). */
function mediaTypeOf(contentType: string): string {
  const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  return new RegExp(`^\\s*(${token}/${token})\\s*(?:;|$)`).exec(contentType)?.[1] ?? 'text/plain';
}
