import type { FlowServices } from '../../services/services.ts';
import { answerRequest, hasEffect, refusal } from '../services.ts';

/** Requests of one run. */
const MOST_REQUESTS = 10_000;
/** Nothing that can be drawn has a longer name. */
const LONGEST_NAME = 1000;

/**
 * What one run asks of the services, however often it begins: what it has drawn before it was ended,
 * such as a number of a number range, is what it gets when it begins again and asks for the same.
 */
export class RunAsks {
  readonly #services: FlowServices;
  readonly #drawn = new Map<string, Promise<string>[]>();
  #used = new Map<string, number>();
  #count = 0;

  constructor(services: FlowServices) {
    this.#services = services;
  }

  begin(): void {
    this.#count = 0;
    this.#used = new Map();
  }

  /** @throws what storage throws */
  async answer(request: string): Promise<string> {
    this.#count += 1;
    if (this.#count > MOST_REQUESTS) {
      return refusal(`A script may ask services ${MOST_REQUESTS} times.`);
    }
    if (request.length > LONGEST_NAME || !hasEffect(request)) {
      return answerRequest(this.#services, request);
    }
    const drawn = this.#drawn.get(request) ?? [];
    this.#drawn.set(request, drawn);
    const used = this.#used.get(request) ?? 0;
    this.#used.set(request, used + 1);
    return (drawn[used] ??= answerRequest(this.#services, request));
  }
}
