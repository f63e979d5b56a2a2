/** When a timer starts its flow, as compiled from `scheduleKey`. Plain JSON. */
export interface TimerSchedule {
  /** It starts the flow at the times of each of them. */
  readonly times: readonly Times[];
  /** Whether a deployment for which no time is to come any more fails (SAP's default). */
  readonly failsWhenExpired: boolean;
}

export type Times =
  /** Once, right after the deployment. */
  { readonly kind: 'deployment' } | CronTimes | RepeatedTimes;

/** Within which times count; milliseconds since the epoch, the bounds included. */
interface Span {
  readonly from?: number;
  readonly until?: number;
}

export interface CronTimes extends Span {
  readonly kind: 'cron';
  /**
   * Second, minute, hour, day of month, month, weekday (1 for Sunday) and year, each `*`, values, or one
   * of Quartz's `L`, `W` and `#`.
   */
  readonly pattern: string;
  /** IANA name. */
  readonly timeZone: string;
}

/**
 * Every so many units. From `from` on; without it from where the next second, minute or hour after
 * the deployment begins, and for longer units the next day (SAP Help, Define a Timer Start Event).
 */
export interface RepeatedTimes extends Span {
  readonly kind: 'every';
  readonly count: number;
  readonly unit: RepeatUnit;
  readonly timeZone: string;
}

export type RepeatUnit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';
