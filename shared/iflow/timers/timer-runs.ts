/** What has become of a timer of one deployment. */
export interface TimerRun {
  readonly revision: string;
  readonly startId: string;
  /** Occurrences up to then are dealt with. Milliseconds since the epoch, as the other times. */
  readonly through: number;
  /** While a run is in progress: when its time is over at the latest; 0 for none. */
  readonly runningUntil: number;
  /** Of the latest run. */
  readonly startedAt: number;
  readonly messageGuid: string;
}

/**
 * One record for each timer of a deployment. Whoever moves it on runs the flow: of all instances that
 * see an occurrence come due, one.
 */
export interface TimerRunStore {
  find(
    revision: string,
    startId: string,
  ): Promise<{ readonly value: TimerRun; readonly etag: string } | undefined>;
  /** @returns its ETag; undefined when there is one, of another instance. */
  create(run: TimerRun): Promise<string | undefined>;
  /** @returns its new ETag; undefined when it has changed since it was read. */
  replace(run: TimerRun, etag: string): Promise<string | undefined>;
}
