import {
  type QueueClient,
  QueueServiceClient,
  type ReceivedMessageItem,
  RestError,
} from '@azure/storage-queue';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostSettings } from './host-json.ts';
import { describe, type Log } from './log.ts';
import type { TypedData } from './rpc.ts';

export interface QueueFunction {
  readonly name: string;
  readonly queueName: string;
  /** Names the setting with the connection string; '' for AzureWebJobsStorage. */
  readonly connection: string;
  /** Runs the function. @throws what the function has thrown. */
  run(text: string, metadata: Record<string, TypedData>): Promise<void>;
}

/** How long a message stays hidden should this host die with it; renewed at a third of it. */
const HIDDEN_SECONDS = 30;
const FIRST_POLL_MS = 100;

/**
 * Takes messages of a queue and runs the function with each: at most `batchSize` +
 * `newBatchThreshold` at a time. A message whose run fails is seen again, and after
 * `maxDequeueCount` times it goes to `<queue>-poison`.
 *
 * @param signal ends it; resolves when the messages in hand are done.
 */
export async function runQueue(
  fn: QueueFunction,
  {
    connectionString,
    settings,
    log,
    signal,
  }: {
    connectionString: string;
    settings: HostSettings['queues'];
    log: Log;
    signal: AbortSignal;
  },
): Promise<void> {
  const service = QueueServiceClient.fromConnectionString(connectionString);
  const queue = service.getQueueClient(fn.queueName);
  const poison = service.getQueueClient(`${fn.queueName}-poison`);
  const inHand = new Set<Promise<void>>();
  let pause = FIRST_POLL_MS;
  while (!signal.aborted) {
    let messages: readonly ReceivedMessageItem[] = [];
    try {
      messages = await receive(queue, settings.batchSize);
    } catch (error) {
      log('error', 'system', `Queue ${fn.queueName} could not be read: ${describe(error)}`);
    }
    for (const message of messages) {
      const work = handle(fn, message, { queue, poison, settings, log }).finally(() =>
        inHand.delete(work),
      );
      inHand.add(work);
    }
    if (messages.length > 0) {
      pause = FIRST_POLL_MS;
      while (inHand.size > settings.newBatchThreshold) await Promise.race(inHand);
      continue;
    }
    // A run under way may put a message back, or make the next one: look again soon.
    pause = inHand.size > 0 ? FIRST_POLL_MS : Math.min(pause * 2, settings.maxPollingIntervalMs);
    await sleep(pause, undefined, { signal }).catch(unlessAborted(signal));
  }
  await Promise.all(inHand);
}

function unlessAborted(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

async function receive(queue: QueueClient, count: number): Promise<readonly ReceivedMessageItem[]> {
  try {
    const { receivedMessageItems } = await queue.receiveMessages({
      numberOfMessages: count,
      visibilityTimeout: HIDDEN_SECONDS,
    });
    return receivedMessageItems;
  } catch (error) {
    // The app makes the queue when it first sends to it.
    if (error instanceof RestError && error.statusCode === 404) return [];
    throw error;
  }
}

async function handle(
  fn: QueueFunction,
  message: ReceivedMessageItem,
  {
    queue,
    poison,
    settings,
    log,
  }: {
    queue: QueueClient;
    poison: QueueClient;
    settings: HostSettings['queues'];
    log: Log;
  },
): Promise<void> {
  let receipt = message.popReceipt;
  let renewing: Promise<void> = Promise.resolve();
  const renewal = setInterval(
    () => {
      renewing = queue
        .updateMessage(message.messageId, receipt, undefined, HIDDEN_SECONDS)
        .then((updated) => {
          receipt = updated.popReceipt ?? receipt;
        })
        .catch((error: unknown) => {
          log(
            'warning',
            'system',
            `A message of ${fn.queueName} could not be kept: ${describe(error)}`,
          );
        });
    },
    (HIDDEN_SECONDS * 1000) / 3,
  );
  const settle = async (work: () => Promise<unknown>): Promise<void> => {
    clearInterval(renewal);
    await renewing;
    await work();
  };
  try {
    try {
      const text = decode(message.messageText, settings.messageEncoding);
      await fn.run(text, metadataOf(message, text));
    } catch (error) {
      log(
        'error',
        'system',
        `${fn.name} failed on message ${message.messageId}: ${describe(error)}`,
      );
      await settle(async () => {
        if (message.dequeueCount < settings.maxDequeueCount) {
          const seconds = Math.ceil(settings.visibilityTimeoutMs / 1000);
          await queue.updateMessage(message.messageId, receipt, undefined, seconds);
          return;
        }
        await poison.createIfNotExists();
        await poison.sendMessage(message.messageText);
        await queue.deleteMessage(message.messageId, receipt);
      });
      return;
    }
    await settle(() => queue.deleteMessage(message.messageId, receipt));
  } catch (error) {
    log('error', 'system', `A message of ${fn.queueName} could not be settled: ${describe(error)}`);
  } finally {
    clearInterval(renewal);
  }
}

function decode(text: string, encoding: 'base64' | 'none'): string {
  if (encoding === 'none') return text;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw new Error(
      'The message is not base64, which host.json (queues.messageEncoding) asks for.',
    );
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64'));
}

/** The message's own properties, and the fields of a JSON object, under the host's names. */
function metadataOf(message: ReceivedMessageItem, text: string): Record<string, TypedData> {
  const time = (value: Date): TypedData => ({ json: JSON.stringify(value) });
  return {
    ...fieldsOf(text),
    QueueTrigger: { string: text },
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    DequeueCount: { int: message.dequeueCount },
    InsertionTime: time(message.insertedOn),
    ExpirationTime: time(message.expiresOn),
    NextVisibleTime: time(message.nextVisibleOn),
  };
}

function fieldsOf(text: string): Record<string, TypedData> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, field]): [string, TypedData] => [
      name,
      typeof field === 'string' ? { string: field } : { json: JSON.stringify(field) },
    ]),
  );
}
