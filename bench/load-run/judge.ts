import type { LoadRun, Phase } from './result.ts';
import type { Sample } from './watch.ts';

export interface Verdict {
  readonly what: string;
  readonly holds: boolean;
  /** The figures behind it. */
  readonly found: string;
}

/** Of the half-load phase, left out before memory is compared: caches fill and the heap settles. */
const WARM_UP_SHARE = 0.25;
/** Memory is level when its last third is at most this much above its first, in the mean. */
const MOST_GROWTH = 1.1;
/** Seconds after which nothing is shed any more at half of the maximum. */
const RECOVERED_AFTER = 10;
/**
 * At twice the maximum, answers as meant: at least this share of the maximum. Host and library spend
 * near half of a call's time on one that is shed, so that about a third is what can be kept.
 */
const LEAST_KEPT = 0.2;

/** What the run is meant to show, and whether it does. */
export function judge(run: LoadRun): readonly Verdict[] {
  const half = phaseOf(run, 'half');
  const twice = phaseOf(run, 'twice');
  const again = phaseOf(run, 'half again');
  const memory = memoryOf(samplesOf(run, half));
  const live = samplesOf(run, twice).map(({ liveMs }) => liveMs);
  const lateSheds = again.outcome.seconds.slice(RECOVERED_AFTER).map(({ shed }) => shed);
  const firstQuiet = again.outcome.seconds.findIndex(
    ({ shed, shedByHost }) => shed + shedByHost === 0,
  );
  const { total } = twice.outcome;
  const kept = total.good / (twice.outcome.tookMs / 1000);
  return [
    {
      what: 'half of the maximum: every answer is the one that was meant',
      holds: isFlawless(half),
      found: told(half),
    },
    {
      what: 'half of the maximum: memory is level',
      holds: memory.last <= memory.first * MOST_GROWTH,
      found: `${memory.first.toFixed(0)} MB in the first third after warm-up, ${memory.last.toFixed(0)} MB in the last, ${memory.slope >= 0 ? '+' : ''}${memory.slope.toFixed(2)} MB a minute by least squares`,
    },
    {
      what: 'twice the maximum: every answer is the one that was meant, or 503 with Retry-After',
      holds: total.wrong === 0 && total.shedByHost === 0 && total.shed > 0,
      found: told(twice),
    },
    {
      what: 'twice the maximum: the work goes on',
      holds: kept >= run.maximum * LEAST_KEPT,
      found: `${kept.toFixed(0)} answers a second as meant, ${((100 * kept) / run.maximum).toFixed(0)} % of the maximum`,
    },
    {
      what: 'twice the maximum: /health/live keeps answering',
      holds: live.length > 0 && !live.includes(undefined),
      found: `${live.length} times, in at most ${Math.max(...live.map((ms) => ms ?? Infinity)).toFixed(0)} ms`,
    },
    {
      what: `half of the maximum again: nothing is shed after ${RECOVERED_AFTER} s, and no answer is wrong`,
      holds: again.outcome.total.wrong === 0 && lateSheds.every((shed) => shed === 0),
      found: `${told(again)}; the first second without a shed call is second ${firstQuiet + 1}`,
    },
  ];
}

export function phaseOf(run: LoadRun, name: Phase['name']): Phase {
  const phase = run.phases.find((each) => each.name === name);
  if (phase === undefined) throw new Error(`The run has no phase ${name}.`);
  return phase;
}

function samplesOf(run: LoadRun, { from, milliseconds }: Phase): readonly Sample[] {
  return run.samples.filter(({ at }) => at >= from && at < from + milliseconds / 1000);
}

function isFlawless({ outcome }: Phase): boolean {
  const { good, sent, unsent } = outcome.total;
  return good === sent && unsent === 0;
}

function told({ outcome: { total, latency } }: Phase): string {
  const rest = [
    [total.shed, 'shed'],
    [total.shedByHost, '429 by the Functions host'],
    [total.wrong, 'wrong'],
    [total.unsent, 'not sent in time'],
  ] as const;
  const others = rest.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`);
  return `${total.good} of ${total.sent} as meant${others.join('')}; p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(0)} ms`;
}

/** Means of the first and the last third, in MB, and MB a minute. */
function memoryOf(samples: readonly Sample[]): { first: number; last: number; slope: number } {
  const settled = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [times, sizes] = [settled.map(({ at }) => at / 60), settled.map(({ rssMb }) => rssMb)];
  const [time, size] = [mean(times), mean(sizes)];
  const covariance = mean(times.map((t, i) => (t - time) * ((sizes[i] ?? 0) - size)));
  const variance = mean(times.map((t) => (t - time) ** 2));
  return {
    first: mean(sizes.slice(0, third)),
    last: mean(sizes.slice(-third)),
    slope: variance === 0 ? 0 : covariance / variance,
  };
}
