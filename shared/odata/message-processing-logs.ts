import type { MessageLogEntry, MessageLogReader } from '../monitor/message-log.ts';
import { ODataError } from './errors.ts';
import { logAttachmentEntities, logAttachmentType } from './message-log-attachments.ts';
import { selectEntries } from './message-log-select.ts';
import { type Entity, type EntityType, textOf } from './model.ts';
import { keyValues } from './path.ts';
import {
  COLLECTION_OPTIONS,
  COUNT_OPTIONS,
  parseQueryOptions,
  type QueryOptions,
} from './query-options.ts';
import {
  collectionRoutes,
  type Expanders,
  nextPage,
  replyCount,
  replyEntity,
  replyPage,
} from './reply.ts';
import type { ODataRequest, Routes } from './request.ts';

const customHeaderType: EntityType = {
  name: 'MessageProcessingLogCustomHeaderProperty',
  set: 'MessageProcessingLogCustomHeaderProperties',
  keys: ['Id'],
  properties: { Id: 'Edm.String', Name: 'Edm.String', Value: 'Edm.String' },
  navigations: {},
  media: false,
};

const errorInformationType: EntityType = {
  name: 'MessageProcessingLogErrorInformation',
  set: 'MessageProcessingLogErrorInformations',
  keys: ['MessageGuid'],
  properties: { MessageGuid: 'Edm.String', LastErrorModelStepId: 'Edm.String' },
  navigations: {},
  media: true,
};

export const messageProcessingLogType: EntityType = {
  name: 'MessageProcessingLog',
  set: 'MessageProcessingLogs',
  keys: ['MessageGuid'],
  properties: {
    MessageGuid: 'Edm.String',
    CorrelationId: 'Edm.String',
    ApplicationMessageId: 'Edm.String',
    ApplicationMessageType: 'Edm.String',
    LogStart: 'Edm.DateTime',
    LogEnd: 'Edm.DateTime',
    Sender: 'Edm.String',
    Receiver: 'Edm.String',
    IntegrationFlowName: 'Edm.String',
    Status: 'Edm.String',
    AlternateWebLink: 'Edm.String',
    IntegrationArtifact: {
      name: 'IntegrationArtifact',
      properties: {
        Id: 'Edm.String',
        Name: 'Edm.String',
        Type: 'Edm.String',
        PackageId: 'Edm.String',
        PackageName: 'Edm.String',
      },
    },
    LogLevel: 'Edm.String',
    CustomStatus: 'Edm.String',
    ArchivingStatus: 'Edm.String',
    ArchivingSenderChannelMessages: 'Edm.String',
    ArchivingReceiverChannelMessages: 'Edm.String',
    ArchivingLogAttachments: 'Edm.String',
    ArchivingPersistedMessages: 'Edm.String',
    TransactionId: 'Edm.String',
    PreviousComponentName: 'Edm.String',
    LocalComponentName: 'Edm.String',
    OriginComponentName: 'Edm.String',
  },
  navigations: {
    CustomHeaderProperties: { type: customHeaderType, many: true },
    Attachments: { type: logAttachmentType, many: true },
    ErrorInformation: { type: errorInformationType, many: false },
  },
  media: false,
};

/** Types with an entity set of their own, for `$metadata`. */
export const messageLogTypes: readonly EntityType[] = [
  messageProcessingLogType,
  customHeaderType,
  logAttachmentType,
  errorInformationType,
];

/** Entries of one answer, at most; a longer list goes on at `__next`. */
const LARGEST_PAGE = 1000;

/** `MessageProcessingLogs`: what has become of messages. No payloads are in it. */
export function messageProcessingLogRoutes(reader: MessageLogReader): Routes {
  const type = messageProcessingLogType;
  const find = async (request: ODataRequest): Promise<MessageLogEntry> => {
    const [messageGuid = ''] = keyValues(request.segments[0], ['MessageGuid']);
    const entry = await reader.find(messageGuid);
    if (entry === undefined) throw ODataError.notFound();
    return entry;
  };
  const expandersOf = (entries: readonly MessageLogEntry[]): Expanders => {
    const byGuid = new Map(entries.map((entry) => [entry.messageGuid, entry]));
    const entryOf = (entity: Entity) => byGuid.get(textOf(entity, 'MessageGuid'));
    return {
      CustomHeaderProperties: (entity) => {
        const entry = entryOf(entity);
        return Promise.resolve(entry === undefined ? [] : customHeaders(entry));
      },
      Attachments: (entity) => {
        const entry = entryOf(entity);
        return Promise.resolve(entry === undefined ? [] : logAttachmentEntities(entry));
      },
      ErrorInformation: (entity) => {
        const entry = entryOf(entity);
        return Promise.resolve(
          entry === undefined || entry.errorText === '' ? [] : [errorOf(entry)],
        );
      },
    };
  };

  return {
    [type.set]: {
      GET: async (request) => {
        const options = parseQueryOptions(request.call.url, type, COLLECTION_OPTIONS);
        const top = Math.min(options.top ?? LARGEST_PAGE, LARGEST_PAGE);
        const wanted = { skip: options.skip, top, count: options.inlineCount };
        const { entries, count } = await selectEntries(reader, options, wanted, logEntity);
        const goesOn = entries.length === LARGEST_PAGE && options.top !== LARGEST_PAGE;
        const about = {
          options,
          count,
          next: goesOn ? nextPage(request, afterPage(options)) : undefined,
        };
        return replyPage(request, type, entries.map(logEntity), about, expandersOf(entries));
      },
    },
    [`${type.set}/$count`]: {
      GET: async (request) => {
        const options = parseQueryOptions(request.call.url, type, COUNT_OPTIONS);
        const wanted = { skip: 0, top: 0, count: true };
        return replyCount((await selectEntries(reader, options, wanted, logEntity)).count ?? 0);
      },
    },
    [`${type.set}()`]: {
      GET: async (request) => {
        const entry = await find(request);
        return replyEntity(request, type, logEntity(entry), expandersOf([entry]));
      },
    },
    ...collectionRoutes(`${type.set}()/CustomHeaderProperties`, customHeaderType, async (request) =>
      customHeaders(await find(request)),
    ),
    [`${type.set}()/ErrorInformation`]: {
      GET: async (request) => {
        const entry = await find(request);
        return replyEntity(request, errorInformationType, errorOf(entry));
      },
    },
    [`${type.set}()/ErrorInformation/$value`]: {
      GET: async (request) => {
        const { errorText } = await find(request);
        if (errorText === '') return { status: 204 };
        return {
          status: 200,
          headers: { 'Content-Type': 'text/plain;charset=utf-8' },
          body: errorText,
        };
      },
    },
  };
}

const afterPage = ({ skip, top }: QueryOptions) => ({
  $skip: String(skip + LARGEST_PAGE),
  $top: top === undefined ? undefined : String(top - LARGEST_PAGE),
});

function logEntity(entry: MessageLogEntry): Entity {
  return {
    MessageGuid: entry.messageGuid,
    CorrelationId: entry.correlationId,
    ApplicationMessageId: entry.applicationMessageId,
    ApplicationMessageType: entry.applicationMessageType,
    LogStart: entry.logStart,
    LogEnd: entry.logEnd,
    Sender: entry.sender,
    Receiver: entry.receiver,
    IntegrationFlowName: entry.flowName,
    Status: entry.status,
    AlternateWebLink: '',
    IntegrationArtifact: {
      Id: entry.flowId,
      Name: entry.flowName,
      Type: 'INTEGRATION_FLOW',
      PackageId: entry.packageId,
      PackageName: entry.packageName,
    },
    LogLevel: entry.logLevel ?? 'INFO',
    CustomStatus: entry.customStatus === '' ? entry.status : entry.customStatus,
    ArchivingStatus: 'NOT_RELEVANT',
    ArchivingSenderChannelMessages: 'false',
    ArchivingReceiverChannelMessages: 'false',
    ArchivingLogAttachments: 'false',
    ArchivingPersistedMessages: 'false',
    TransactionId: '',
    PreviousComponentName: '',
    LocalComponentName: '',
    OriginComponentName: '',
  };
}

function customHeaders(entry: MessageLogEntry): Entity[] {
  return entry.customHeaders.map(({ name, value }, index) => ({
    Id: `${entry.messageGuid}-${index}`,
    Name: name,
    Value: value,
  }));
}

function errorOf(entry: MessageLogEntry): Entity {
  return { MessageGuid: entry.messageGuid, LastErrorModelStepId: '' };
}
