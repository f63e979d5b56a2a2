import type { LogCategory, LogLevel } from './rpc.ts';

const ORDER: readonly LogLevel[] = [
  'trace',
  'debug',
  'information',
  'warning',
  'error',
  'critical',
];

export interface Log {
  (level: LogLevel, category: LogCategory, message: string): void;
}

/**
 * Writes one line for each event to stderr. Quiet, it shows the app's errors and the host's
 * warnings; an app warns of every 4xx, which is the caller's affair.
 */
export function openLog(verbose: boolean, write: (line: string) => void = toStderr): Log {
  const least = (category: LogCategory): LogLevel =>
    verbose ? 'debug' : category === 'user' ? 'error' : 'warning';
  const thresholds: Record<LogCategory, number> = {
    user: ORDER.indexOf(least('user')),
    system: ORDER.indexOf(least('system')),
    customMetric: ORDER.indexOf(least('user')),
  };
  return (level, category, message) => {
    if (ORDER.indexOf(level) < thresholds[category]) return;
    write(`${new Date().toISOString()} ${level} ${oneLine(message)}`);
  };
}

/** A caller's text must not be able to forge a line, nor drive the terminal. */
function oneLine(message: string): string {
  return message
    .replace(/\s*[\r\n]+\s*/g, ' | ')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
    .trim();
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** What an error says in the log: its stack with the causes' messages. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own} | caused by ${describe(error.cause)}`;
}
