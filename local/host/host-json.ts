import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What of `host.json` this host goes by, with the defaults of Azure. */
export interface HostSettings {
  /** Without slashes at its ends; '' for none. */
  readonly routePrefix: string;
  /** Infinity for no bound, as -1 is in the file. */
  readonly http: {
    /** Requests that wait or run; beyond, they are answered 429. */
    readonly maxOutstanding: number;
    readonly maxConcurrent: number;
  };
  readonly queues: {
    readonly maxPollingIntervalMs: number;
    readonly visibilityTimeoutMs: number;
    readonly batchSize: number;
    readonly newBatchThreshold: number;
    readonly maxDequeueCount: number;
    readonly messageEncoding: 'base64' | 'none';
  };
}

type Json = Record<string, unknown>;

/** @throws {Error} that names the setting to mend. */
export async function readHostSettings(appRoot: string): Promise<HostSettings> {
  const file = join(appRoot, 'host.json');
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read as JSON.`, { cause: error });
  }
  const root = section(json);
  if (root['version'] !== '2.0') throw new Error(`${file} must have "version": "2.0".`);
  const extensions = section(root['extensions']);
  const queues = section(extensions['queues']);
  const batchSize = integer(queues, 'batchSize', 16, 1, 32);
  const http = section(extensions['http']);
  const routePrefix = http['routePrefix'] ?? 'api';
  if (typeof routePrefix !== 'string') throw new Error('host.json: routePrefix must be a string.');
  const encoding = queues['messageEncoding'] ?? 'base64';
  if (encoding !== 'base64' && encoding !== 'none') {
    throw new Error('host.json: queues.messageEncoding must be "base64" or "none".');
  }
  return {
    routePrefix: routePrefix.replace(/^\/+|\/+$/g, ''),
    http: {
      maxOutstanding: bound(http, 'maxOutstandingRequests'),
      maxConcurrent: bound(http, 'maxConcurrentRequests'),
    },
    queues: {
      maxPollingIntervalMs: Math.max(100, duration(queues, 'maxPollingInterval', '00:01:00')),
      visibilityTimeoutMs: duration(queues, 'visibilityTimeout', '00:00:00'),
      batchSize,
      newBatchThreshold: integer(queues, 'newBatchThreshold', Math.floor(batchSize / 2), 0, 1000),
      maxDequeueCount: integer(queues, 'maxDequeueCount', 5, 1, 1000),
      messageEncoding: encoding,
    },
  };
}

function section(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function integer(from: Json, name: string, fallback: number, least: number, most: number): number {
  const value = from[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw new Error(`host.json: ${name} must be a whole number from ${least} to ${most}.`);
  }
  return value;
}

/** Outside of Windows' Consumption plan the Functions host has no bound of its own (`HttpOptionsSetup.cs`). */
function bound(from: Json, name: string): number {
  const value = integer(from, name, -1, -1, 1_000_000);
  if (value === 0) throw new Error(`host.json: ${name} must be -1 or more than 0.`);
  return value === -1 ? Infinity : value;
}

function duration(from: Json, name: string, fallback: string): number {
  const value = from[name] ?? fallback;
  const parts =
    typeof value === 'string' ? /^(\d\d):([0-5]\d):([0-5]\d)(\.\d+)?$/.exec(value) : null;
  if (parts === null) throw new Error(`host.json: ${name} must be a time such as "00:00:02".`);
  const [, hours, minutes, seconds, fraction] = parts;
  return (
    1000 * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(fraction ?? 0))
  );
}
