import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** The server has this core to itself; all that makes or serves its requests is on the other one. */
const SERVER_CORE = '0';
const LOAD_CORE = '1';

export interface Machine {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** What was done to keep server and load apart, in words for the report. */
  readonly isolation: readonly string[];
}

/** Load average above which what is measured shares its core: figures are too high, latencies most of all. */
const BUSY = 1;

export type Core = 'server' | 'load' | 'any';

export type CommandLine = readonly [string, ...string[]];

export interface Bench {
  readonly machine: Machine;
  /** The command line that runs `command` on a core; as it is where cores cannot be chosen. */
  onCore(core: Core, command: CommandLine): CommandLine;
  stop(): void;
}

/**
 * Keeps the server on a core of its own where the system can (`taskset` and two cores), and the other
 * core awake: an idle core adds 30 to 80 µs to every answer that it has to be woken for. The spinner
 * that does so gives way to everything else (`chrt -i`, or `nice`).
 */
export function prepareBench(): Bench {
  const cores = availableParallelism();
  const canPin = cores >= 2 && succeeds('taskset', ['-c', LOAD_CORE, 'true']);
  const lowest = [['chrt', '-i', '0'] as const, ['nice', '-n', '19'] as const].find(
    ([tool, ...rest]) => succeeds(tool, [...rest, 'true']),
  );
  const onCore: Bench['onCore'] = (core, command) => {
    if (!canPin || core === 'any') return command;
    return ['taskset', '-c', core === 'server' ? SERVER_CORE : LOAD_CORE, ...command];
  };
  const isolation: string[] = [];
  let stop = (): void => undefined;
  const [load = 0] = loadavg();
  if (load > BUSY) {
    isolation.push(`the machine was busy with other work (load average ${load.toFixed(1)} before)`);
  }
  if (canPin) {
    isolation.push('server on core 0; load generator and storage on core 1 (taskset)');
    if (lowest !== undefined) {
      stop = startSpinner(onCore('load', [...lowest, process.execPath, '-e', SPIN]));
      isolation.push(`core 1 kept awake by an idle-priority spinner (${lowest.join(' ')})`);
    } else isolation.push('no spinner: neither chrt nor nice');
  } else isolation.push('cores not chosen: taskset is missing, or there is one core');
  return {
    machine: {
      node: process.version,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores,
      isolation,
    },
    onCore,
    stop,
  };
}

/** Ends with its parent, also when that one is killed. */
const SPIN =
  'const parent = process.ppid; while (process.ppid === parent) for (let i = 0; i < 1e7; i++);';

function startSpinner([command, ...args]: CommandLine): () => void {
  const spinner = spawn(command, args, { stdio: 'ignore' });
  spinner.unref();
  return () => spinner.kill('SIGKILL');
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
