import { readFile } from 'node:fs/promises';
import type { Machine } from '../measure/machine.ts';
import { writeFormatted } from './write.ts';

/** What a row is in a comparison: the least work in bare Node, another product, a bare host, ours. */
export type Role = 'floor' | 'peer' | 'host' | 'flowgate';

/** One contender under load; medians over the passes. */
export interface LoadRow {
  readonly name: string;
  readonly role: Role;
  /** Rows of one series do the same work and differ only in how much there is. */
  readonly series?: string;
  /** CPU microseconds (user and system, all threads) of the server process per request. */
  readonly cpu: number;
  /** Over the passes. */
  readonly cpuLow: number;
  readonly cpuHigh: number;
  /** Requests per second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Resident memory before the first request, and at the end of a pass. */
  readonly idleRssMb: number;
  readonly rssMb: number;
}

export interface LoadTable {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly rows: readonly LoadRow[];
}

/** One piece of work without host and network, in one process; medians over the passes. */
export interface MicroRow {
  readonly id: string;
  readonly name: string;
  /** CPU microseconds of the whole process per operation. */
  readonly cpu: number;
}

/** Milliseconds, medians over the runs. */
export interface ColdRow {
  readonly id: string;
  readonly name: string;
  readonly compileCache: boolean;
  /** From the start of the process to its first own code, */
  readonly booted: number;
  /** to its listening, */
  readonly listening: number;
  /** to the first good answer. */
  readonly answered: number;
}

/** Requests to table storage. */
export interface StorageRow {
  readonly work: 'token' | 'message' | 'idle';
  /** `busy`: as many requests as come; `sparse`: one at a time, with pauses. */
  readonly pace: 'busy' | 'sparse' | 'idle';
  readonly requests: number;
  readonly seconds: number;
  readonly calls: number;
  /** By what was asked, such as `batch audit`. */
  readonly byOperation: Readonly<Record<string, number>>;
}

export interface Run {
  /** ISO 8601. */
  readonly when: string;
  readonly machine: Machine;
  /** How long and how often was measured, in words. */
  readonly how: string;
}

export interface Results {
  readonly token?: { readonly run: Run; readonly tables: readonly LoadTable[] };
  readonly dispatch?: { readonly run: Run; readonly tables: readonly LoadTable[] };
  readonly flows?: { readonly run: Run; readonly tables: readonly LoadTable[] };
  readonly proofs?: { readonly run: Run; readonly tables: readonly LoadTable[] };
  readonly growth?: { readonly run: Run; readonly tables: readonly LoadTable[] };
  readonly micro?: { readonly run: Run; readonly rows: readonly MicroRow[] };
  readonly storage?: {
    readonly run: Run;
    readonly rows: readonly StorageRow[];
    /** Bytes of the log event of one request. */
    readonly logBytes: { readonly token: number; readonly message: number };
  };
  readonly cold?: { readonly run: Run; readonly rows: readonly ColdRow[] };
}

export async function readResults(file: string): Promise<Results> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Replaces what was measured anew; the other sections stay as their own runs left them. */
export async function mergeResults(file: string, measured: Results): Promise<Results> {
  const results = { ...(await readResults(file)), ...measured };
  await writeFormatted(file, JSON.stringify(results, round));
  return results;
}

/** Three decimals: the rest is noise. */
function round(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}
