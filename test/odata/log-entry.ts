import type { MessageLogEntry } from '../../shared/monitor/message-log.ts';

export const LOG_START = Date.UTC(2026, 0, 31, 12, 0, 0);

/** An entry of a message that a flow has completed, but for what is told. */
export const logEntry = (fields: Partial<MessageLogEntry>): MessageLogEntry => ({
  messageGuid: 'guid',
  correlationId: 'correlation',
  logStart: LOG_START,
  logEnd: LOG_START + 5,
  status: 'COMPLETED',
  sender: 'oauth_client_shop',
  receiver: '',
  flowId: 'orders',
  flowName: 'Orders',
  packageId: 'P',
  packageName: 'Partners',
  customStatus: '',
  applicationMessageId: '',
  applicationMessageType: '',
  errorText: '',
  customHeaders: [],
  ...fields,
});
