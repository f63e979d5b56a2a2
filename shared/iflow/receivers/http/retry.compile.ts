import type { Channel } from '../../model/flow-model.ts';
import type { RetryRule } from './config.ts';
import { type ChannelReader, flag, quoted, wholeNumber } from './channel-reader.ts';

const MAX_ITERATIONS = 3;
const MAX_INTERVAL_S = 60;

/**
 * The Retry tab (SAP Help, HTTP Receiver Adapter): "Retry on Error Response" is
 * `retryOnConnectionFailure` in the file, as it was called at first; it has three tries, a minute
 * apart, at most.
 */
export function compileRetry(channel: Channel, reader: ChannelReader): RetryRule | null {
  const onAnswer = flag('retryOnConnectionFailure', false, reader);
  const onException = flag('retryOnException', false, reader);
  if (!onAnswer && !onException) return null;
  return {
    statuses: onAnswer ? compileStatuses(reader) : [],
    connection: onAnswer,
    exceptions: onException ? exceptionsOf(channel) : null,
    iterations: wholeNumber('retryIteration', [1, MAX_ITERATIONS], 1, reader),
    intervalMs: wholeNumber('retryInterval', [0, MAX_INTERVAL_S], 5, reader) * 1000,
  };
}

function compileStatuses(reader: ChannelReader): number[] {
  const property = 'httpErrorResponseCodes';
  const entries = reader
    .text(property)
    .split(/[,;|\s]+/)
    .filter((entry) => entry !== '');
  const wrong = entries.find((entry) => !/^[3-5]\d\d$/.test(entry));
  if (wrong !== undefined && !wrong.includes('{{')) {
    reader.fault(`has ${quoted(wrong)} in ${property}; it can have codes from 300 to 599`, {
      property,
    });
  }
  return [...new Set(entries.map(Number))];
}

/** Class names, whatever the columns of the table are called. */
function exceptionsOf(channel: Channel): string[] {
  const rows = channel.tables.get('retryOnExceptionsTable') ?? [];
  return rows.flatMap((row) => {
    const name = [...row.values()]
      .map((cell) => cell.trim())
      .find((cell) => /^[\w$]+(\.[\w$]+)+$/.test(cell));
    return name === undefined ? [] : [name];
  });
}
