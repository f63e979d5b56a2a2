/** What of a trial held. */
export interface Check {
  readonly phase: string;
  readonly what: string;
  readonly outcome: 'held' | 'failed' | 'not there';
  /** Why not. */
  readonly detail: string;
}

/** The older version does not have what a check is about. */
export class NotThere extends Error {}

/** Writes down how each check of a trial ended; one that fails does not keep the next from running. */
export class Trial {
  readonly checks: Check[] = [];
  private phase = '';

  begin(phase: string): void {
    this.phase = phase;
    console.log(`\n${phase}`);
  }

  async check(what: string, work: () => Promise<void>): Promise<void> {
    const { outcome, detail } = await outcomeOf(work);
    this.checks.push({ phase: this.phase, what, outcome, detail });
    const shown = detail === '' ? '' : `: ${detail}`;
    console.log(`  ${outcome.padEnd(9)} ${what}${shown}`);
  }

  get hasFailed(): boolean {
    return this.checks.some(({ outcome }) => outcome === 'failed');
  }
}

async function outcomeOf(work: () => Promise<void>): Promise<Pick<Check, 'outcome' | 'detail'>> {
  try {
    await work();
    return { outcome: 'held', detail: '' };
  } catch (error) {
    const { message } = error as Error;
    const outcome = error instanceof NotThere ? 'not there' : 'failed';
    return { outcome, detail: message.replace(/\s+/g, ' ').slice(0, 300) };
  }
}
