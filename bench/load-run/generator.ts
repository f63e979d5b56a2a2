/**
 * The load, a process of its own that takes orders over IPC: requests in their wire form, sent over
 * raw keep-alive sockets. Work for one answer is a search for its end and three numbers.
 */
import { connect, type Socket } from 'node:net';

/** One kind of request of the mix. */
export interface Kind {
  readonly name: string;
  /** Of all requests, in proportion to the other kinds. */
  readonly weight: number;
  /** Taken in turn; each is a whole HTTP/1.1 request. */
  readonly requests: readonly string[];
  /** The one status that it is meant to be answered with. */
  readonly expected: number;
}

export interface Order {
  readonly port: number;
  readonly kinds: readonly Kind[];
  readonly milliseconds: number;
  /** Requests a second, whatever becomes of those before; without it each connection sends when it has its answer. */
  readonly rate?: number;
  /** Open loop: at most; closed loop: as many. */
  readonly connections: number;
}

/** What has happened within a second, or in all. */
export interface Tally {
  sent: number;
  /** Answered as its kind is meant to be. */
  good: number;
  /** 429 or 503 with Retry-After. */
  shed: number;
  /** 429 of the Functions host itself, which has no Retry-After. */
  shedByHost: number;
  /** Any other answer, and connections that broke. */
  wrong: number;
  /** Could not be sent for {@link LOST_MS} because every connection was in use. */
  unsent: number;
}

export interface Outcome {
  readonly total: Tally;
  readonly seconds: readonly Tally[];
  /** Milliseconds from when a request was due to its answer, for those answered as meant. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly shedLatency: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly tookMs: number;
  /** The first few of what was wrong. */
  readonly faults: readonly string[];
}

const LOST_MS = 1000;
const TICK_MS = 2;
const CONNECT_AT_ONCE = 100;
/** Connections are opened beforehand for what is sent within this time; the rest when they are needed. */
const CONNECT_FOR_MS = 250;
/** Before the server closes it: it answers 408 on one that has not sent anything for 20 s. */
const MOST_IDLE_MS = 10_000;
const MOST_FAULTS = 20;

interface Job {
  readonly kind: Kind;
  readonly request: string;
  readonly dueAt: number;
}

class Run {
  readonly #order: Order;
  readonly #total = emptyTally();
  readonly #seconds: Tally[] = [];
  readonly #latencies: number[] = [];
  readonly #shedLatencies: number[] = [];
  readonly #faults: string[] = [];
  readonly #idle: Connection[] = [];
  /** Those before #firstWaiting have been taken: under overload it is long, and shift() would copy it. */
  #waiting: (Job | undefined)[] = [];
  #firstWaiting = 0;
  #startedAt = performance.now();
  #open = 0;
  #connecting = 0;
  #inFlight = 0;
  #next: () => Job;

  constructor(order: Order) {
    this.#order = order;
    this.#next = mix(order.kinds);
  }

  async closedLoop(): Promise<Outcome> {
    await this.#connect(this.#order.connections);
    this.#startedAt = performance.now();
    for (let i = 0; i < this.#order.connections; i += 1) this.#sendNext();
    await this.#sleep(this.#order.milliseconds);
    return this.#finish();
  }

  async openLoop(rate: number): Promise<Outcome> {
    await this.#connect(Math.min(this.#order.connections, (rate * CONNECT_FOR_MS) / 1000));
    this.#startedAt = performance.now();
    let due = 0;
    for (;;) {
      const elapsed = performance.now() - this.#startedAt;
      if (elapsed >= this.#order.milliseconds) break;
      const until = Math.floor((elapsed * rate) / 1000);
      for (; due < until; due += 1) {
        this.#send({ ...this.#next(), dueAt: this.#startedAt + (due * 1000) / rate });
      }
      this.#dropLost();
      this.#dropIdle();
      while (this.#mayOpen()) {
        const job = this.#takeWaiting();
        if (job === undefined) break;
        this.#put(this.#openOne(), job);
      }
      await this.#sleep(TICK_MS);
    }
    return this.#finish();
  }

  /**
   * Before the first request, a few at a time: a server has room for some hundred that it has not
   * accepted yet, and what finds none tries again after seconds.
   */
  async #connect(count: number): Promise<void> {
    while (this.#open < count) {
      const connecting: Promise<Connection>[] = [];
      for (let i = 0; i < CONNECT_AT_ONCE && this.#open < count; i += 1) {
        connecting.push(this.#openOne().connected);
      }
      for (const connection of await Promise.all(connecting)) {
        this.onAccepted(connection);
        this.#idle.push(connection);
      }
    }
  }

  /** Once, for each connection. */
  onAccepted(connection: Connection): void {
    if (connection.isAccepted) return;
    connection.isAccepted = true;
    this.#connecting -= 1;
  }

  /** A connection has its answer and is free. */
  onAnswer(connection: Connection, job: Job, status: number, retryAfter: boolean): void {
    this.#inFlight -= 1;
    this.onAccepted(connection);
    const ms = performance.now() - job.dueAt;
    if (status === job.kind.expected) {
      this.#count('good');
      this.#latencies.push(ms);
    } else if ((status === 429 || status === 503) && retryAfter) {
      this.#count('shed');
      this.#shedLatencies.push(ms);
    } else if (status === 429) {
      this.#count('shedByHost');
      this.#shedLatencies.push(ms);
    } else {
      this.#fault(`${job.kind.name}: ${status} in the place of ${job.kind.expected}`);
    }
    if (this.#order.rate === undefined) {
      this.#idle.push(connection);
      if (performance.now() - this.#startedAt < this.#order.milliseconds) this.#sendNext();
      return;
    }
    const next = this.#takeWaiting();
    if (next === undefined) this.#idle.push(connection);
    else this.#put(connection, next);
  }

  onBroken(job: Job | undefined, text: string): void {
    this.#open -= 1;
    if (job === undefined) return;
    this.#inFlight -= 1;
    this.#fault(`${job.kind.name}: ${text}`);
    if (this.#order.rate === undefined) this.#sendNext();
  }

  forget(connection: Connection): void {
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  #sendNext(): void {
    this.#send({ ...this.#next(), dueAt: performance.now() });
  }

  #send(job: Job): void {
    const connection = this.#idle.pop();
    if (connection !== undefined) this.#put(connection, job);
    else if (this.#mayOpen()) this.#put(this.#openOne(), job);
    else this.#waiting.push(job);
  }

  #mayOpen(): boolean {
    return this.#open < this.#order.connections && this.#connecting < CONNECT_AT_ONCE;
  }

  #openOne(): Connection {
    this.#open += 1;
    this.#connecting += 1;
    return new Connection(this, this.#order.port);
  }

  #put(connection: Connection, job: Job): void {
    this.#inFlight += 1;
    this.#count('sent');
    connection.send(job);
  }

  #dropLost(): void {
    const now = performance.now();
    for (;;) {
      const job = this.#waiting[this.#firstWaiting];
      if (job === undefined || now - job.dueAt < LOST_MS) return;
      this.#takeWaiting();
      this.#count('unsent');
    }
  }

  /** The last one that was used is the next one to be: the first has been idle for longest. */
  #dropIdle(): void {
    const [oldest] = this.#idle;
    if (oldest === undefined || performance.now() - oldest.idleSince < MOST_IDLE_MS) return;
    this.#idle.shift();
    oldest.close();
  }

  #takeWaiting(): Job | undefined {
    const job = this.#waiting[this.#firstWaiting];
    if (job === undefined) return undefined;
    this.#waiting[this.#firstWaiting] = undefined;
    this.#firstWaiting += 1;
    if (this.#firstWaiting > 1000 && this.#firstWaiting * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#firstWaiting);
      this.#firstWaiting = 0;
    }
    return job;
  }

  async #finish(): Promise<Outcome> {
    const tookMs = performance.now() - this.#startedAt;
    while (this.#takeWaiting() !== undefined) this.#count('unsent');
    for (let i = 0; i < 3000 && this.#inFlight > 0; i += 1) await this.#sleep(10);
    if (this.#inFlight > 0) this.#fault(`${this.#inFlight} requests were not answered`);
    for (const connection of this.#idle) connection.close();
    return {
      total: this.#total,
      seconds: this.#seconds,
      latency: summarize(this.#latencies),
      shedLatency: summarize(this.#shedLatencies),
      tookMs,
      faults: this.#faults,
    };
  }

  #fault(text: string): void {
    this.#count('wrong');
    if (this.#faults.length < MOST_FAULTS) this.#faults.push(text);
  }

  #count(what: keyof Tally): void {
    this.#total[what] += 1;
    const second = Math.floor((performance.now() - this.#startedAt) / 1000);
    while (this.#seconds.length <= second) this.#seconds.push(emptyTally());
    const tally = this.#seconds[second];
    if (tally !== undefined) tally[what] += 1;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}

class Connection {
  readonly #run: Run;
  readonly #socket: Socket;
  #job: Job | undefined;
  #received = '';
  readonly connected: Promise<Connection>;
  idleSince = performance.now();
  /** Known by the first answer: the system says that it is connected before the server has accepted it. */
  isAccepted = false;

  constructor(run: Run, port: number) {
    this.#run = run;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.connected = new Promise((resolve) => this.#socket.once('connect', () => resolve(this)));
    this.#socket.on('data', (text: string) => this.#read(text));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      run.forget(this);
      run.onAccepted(this);
      run.onBroken(this.#job, 'the connection was closed');
    });
  }

  send(job: Job): void {
    this.#job = job;
    this.#socket.write(job.request, 'latin1');
  }

  close(): void {
    this.#socket.end();
  }

  #read(text: string): void {
    const received = this.#received === '' ? text : this.#received + text;
    const end = received.indexOf('\r\n\r\n');
    const head = end < 0 ? '' : received.slice(0, end).toLowerCase();
    const at = head.indexOf('\r\ncontent-length:');
    const length = at < 0 ? 0 : parseInt(head.slice(at + 17), 10);
    if (end < 0 || received.length < end + 4 + length) {
      this.#received = received;
      return;
    }
    this.#received = '';
    const job = this.#job;
    if (job === undefined) return;
    this.#job = undefined;
    this.idleSince = performance.now();
    const status = Number(head.slice(9, 12));
    this.#run.onAnswer(this, job, status, head.includes('\r\nretry-after:'));
  }
}

const emptyTally = (): Tally => ({
  sent: 0,
  good: 0,
  shed: 0,
  shedByHost: 0,
  wrong: 0,
  unsent: 0,
});

/** Kinds in proportion to their weights, evenly spread: who lags furthest behind its share is next. */
function mix(kinds: readonly Kind[]): () => Job {
  const sum = kinds.reduce((total, kind) => total + kind.weight, 0);
  const lags = kinds.map(() => 0);
  const turns = kinds.map(() => 0);
  return () => {
    let chosen = 0;
    kinds.forEach((kind, index) => {
      lags[index] = (lags[index] ?? 0) + kind.weight / sum;
      if ((lags[index] ?? 0) > (lags[chosen] ?? 0)) chosen = index;
    });
    lags[chosen] = (lags[chosen] ?? 0) - 1;
    const kind = kinds[chosen];
    if (kind === undefined) throw new Error('The mix has no kinds.');
    const turn = turns[chosen] ?? 0;
    turns[chosen] = turn + 1;
    return { kind, request: kind.requests[turn % kind.requests.length] ?? '', dueAt: 0 };
  };
}

function summarize(values: number[]): Outcome['latency'] {
  values.sort((a, b) => a - b);
  const at = (share: number): number =>
    values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

process.on('message', (order: Order) => {
  const run = new Run(order);
  const running = order.rate === undefined ? run.closedLoop() : run.openLoop(order.rate);
  void running.then((outcome) => process.send?.(outcome));
});
process.on('disconnect', () => process.exit(0));
