import { randomFillSync } from 'node:crypto';
import type { Pointer } from './quickjs-exports.ts';

/** The host function that the guest calls most; the other has a name of another length. */
export const RANDOM = 'random';

const WASI_BADF = 8;
const WASI_NOSYS = 52;

/** What the binary asks of its host. */
interface Host {
  readonly interrupt: () => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly view: () => DataView;
  readonly newNumber: (value: number) => Pointer;
  /** Answers the guest's call with that many values, whose addresses stand at `at`. */
  readonly callHost: (count: number, at: Pointer) => Pointer;
}

/** What an instance is given: a clock, random numbers and {@link Host.callHost}; no files, no network. */
export function importsOf(host: Host): WebAssembly.Imports {
  const refuse = () => WASI_NOSYS;
  return {
    env: {
      host_call: (_name: Pointer, length: number, _self: Pointer, count: number, at: Pointer) =>
        length === RANDOM.length ? host.newNumber(randomDouble()) : host.callHost(count, at),
      host_interrupt: () => (host.interrupt() ? 1 : 0),
      host_get_timezone_offset: () => 0,
      host_promise_rejection: () => undefined,
      host_module_normalize: () => 0,
      host_module_load: () => 0,
    },
    wasi_snapshot_preview1: {
      clock_time_get: (_clock: number, _precision: bigint, at: Pointer) => {
        host.view().setBigUint64(at, BigInt(Math.floor(host.now())) * 1_000_000n, true);
        return 0;
      },
      fd_close: refuse,
      fd_seek: refuse,
      fd_fdstat_get: () => WASI_BADF,
      fd_write: () => WASI_BADF,
      random_get: refuse,
    },
  };
}

const randomness = new Uint32Array(1024);
let randomnessLeft = 0;

/** From 0 to below 1 with 53 bits, from the system's random source: scripts make UUIDs of it. */
function randomDouble(): number {
  if (randomnessLeft < 2) {
    randomFillSync(randomness);
    randomnessLeft = randomness.length;
  }
  const high = (randomness[--randomnessLeft] ?? 0) >>> 5;
  const low = (randomness[--randomnessLeft] ?? 0) >>> 6;
  return (high * 0x4000000 + low) / 0x20000000000000;
}
