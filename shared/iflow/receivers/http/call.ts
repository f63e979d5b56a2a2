import { setTimeout as sleep } from 'node:timers/promises';
import { FetchFault } from '../../../net/fetch-fault.ts';
import type { HttpAnswer, HttpRequest } from '../../../net/http-client.ts';
import type { HttpService } from '../../services/http.ts';
import type { StepContext } from '../../steps/step.ts';
import { StepFailure } from '../../steps/step-failure.ts';
import type { Credential } from './authentication.ts';
import type { HttpConfig } from './config.ts';
import type { CookieJar } from './cookie-jar.ts';
import { classOf, failureOfFetch } from './fetch-failure.ts';
import { pauseBeforeRetry } from './retry.ts';
import { retryAfterMs } from './retry-after.ts';
import { setHeaders } from './set-headers.ts';

/** A request, but for the time that it has. */
export type Prepared = Omit<HttpRequest, 'timeLimitMs'>;

/** One call of a receiver, with all its tries. */
export class Call {
  readonly #service: HttpService;
  readonly #credential: Credential;
  readonly #context: StepContext;
  readonly #jar: CookieJar | undefined;

  constructor(
    service: HttpService,
    credential: Credential,
    context: StepContext,
    jar: CookieJar | undefined,
  ) {
    this.#service = service;
    this.#credential = credential;
    this.#context = context;
    this.#jar = jar;
  }

  async sendWithRetries(request: Prepared, config: HttpConfig): Promise<HttpAnswer> {
    for (let tries = 1; ; tries++) {
      const outcome = await this.#send(request, config.timeoutMs).catch((error: unknown) => {
        if (error instanceof FetchFault) return error;
        throw error;
      });
      const pause = pauseBeforeRetry(
        config.retry,
        tries,
        request,
        outcome instanceof FetchFault
          ? { exception: classOf(outcome), mayHaveArrived: outcome.mayHaveArrived }
          : {
              status: outcome.status,
              retryAfterMs: retryAfterMs(outcome.headers.get('retry-after')?.values[0]),
            },
      );
      // There is no time left for another try.
      if (pause === undefined || pause >= this.#timeLeft()) {
        if (outcome instanceof FetchFault) throw failureOfFetch(outcome);
        return outcome;
      }
      await sleep(pause);
    }
  }

  /** A token that the receiver refuses is renewed once: a refused call has done nothing. */
  async #send(request: Prepared, timeoutMs: number): Promise<HttpAnswer> {
    const credential = this.#credential;
    if (credential.kind !== 'oauth2') return this.#sendOnce(request, timeoutMs);
    const { tokens } = this.#service;
    const { material } = credential;
    const { deadline } = this.#context;
    const token = await tokens.get(material, deadline);
    const answer = await this.#sendOnce(withToken(request, token.value), timeoutMs);
    if (answer.status !== 401 || token.isFresh) return answer;
    const renewed = await tokens.renew(material, token.value, deadline);
    if (renewed === undefined) return answer;
    const second = await this.#sendOnce(withToken(request, renewed), timeoutMs);
    if (second.status === 401) tokens.renewedInVain(material);
    return second;
  }

  async #sendOnce(request: Prepared, timeoutMs: number): Promise<HttpAnswer> {
    const timeLimitMs = Math.min(timeoutMs, this.#timeLeft());
    if (timeLimitMs <= 0) {
      throw new StepFailure('timeout', 'The flow ran out of time before its receiver was called.');
    }
    const jar = this.#jar;
    if (jar === undefined || !URL.canParse(request.url)) {
      return this.#service.client.send({ ...request, timeLimitMs });
    }
    const url = new URL(request.url);
    const user = userOf(this.#credential);
    const headers = { ...request.headers };
    const cookies = jar.cookiesFor(url, user);
    const hasOwn = Object.keys(headers).some((name) => name.toLowerCase() === 'cookie');
    if (cookies !== '' && !hasOwn) headers['Cookie'] = cookies;
    const answer = await this.#service.client.send({ ...request, headers, timeLimitMs });
    jar.take(url, user, answer.headers.get('set-cookie')?.values ?? []);
    return answer;
  }

  #timeLeft(): number {
    return this.#context.deadline - this.#context.environment.now();
  }
}

function withToken(request: Prepared, token: string): Prepared {
  const headers = { ...request.headers };
  setHeaders(headers, { Authorization: `Bearer ${token}` });
  return { ...request, headers };
}

/** A session belongs to whoever began it. */
function userOf(credential: Credential): string {
  switch (credential.kind) {
    case 'none':
      return '';
    case 'header':
      return `user ${credential.user}`;
    case 'oauth2':
      return `client ${credential.material.name} ${credential.material.version}`;
    case 'certificate':
      return `certificate ${credential.identity.id}`;
  }
}
