import { readFileSync } from 'node:fs';

/** What a process holds in memory and has used of the processors, at one moment of the run. */
export interface Sample {
  /** Seconds since the run began. */
  readonly at: number;
  readonly rssMb: number;
  /** Of one core, since the sample before. */
  readonly cpuShare: number;
  /** Milliseconds that `/health/live` took to answer; undefined when it did not within 5 s. */
  readonly liveMs: number | undefined;
}

/** Jiffies are hundredths of a second on every Linux that Node.js runs on. */
const TICKS = 100;

/** Looks at a process every `everyMs` until it is stopped. Linux only: it reads /proc. */
export class Watch {
  readonly samples: Sample[] = [];
  readonly #pid: number;
  readonly #url: string;
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout;
  #lastTicks: number;
  #lastAt: number;

  constructor(pid: number, url: string, startedAt: number, everyMs: number) {
    this.#pid = pid;
    this.#url = url;
    this.#startedAt = startedAt;
    this.#lastTicks = this.#ticks();
    this.#lastAt = performance.now();
    this.#timer = setInterval(() => void this.#look(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const now = performance.now();
    const ticks = this.#ticks();
    const cpuShare = (ticks - this.#lastTicks) / TICKS / ((now - this.#lastAt) / 1000);
    this.#lastTicks = ticks;
    this.#lastAt = now;
    const rssMb = this.#rssMb();
    const liveMs = await askLive(this.#url);
    this.samples.push({ at: (now - this.#startedAt) / 1000, rssMb, cpuShare, liveMs });
  }

  #rssMb(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  }

  #ticks(): number {
    const stat = readFileSync(`/proc/${this.#pid}/stat`, 'utf8');
    // The name, which may hold blanks, ends with the last parenthesis; user time is the 14th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  }
}

async function askLive(url: string): Promise<number | undefined> {
  const startedAt = performance.now();
  try {
    const response = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.status === 200 ? performance.now() - startedAt : undefined;
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) return undefined;
    throw error;
  }
}
