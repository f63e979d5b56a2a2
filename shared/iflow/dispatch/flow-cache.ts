import type { CompiledFlow } from '../flow.ts';

/**
 * Compiled flows in use, by revision. A revision never changes, so there is nothing to refresh; the
 * least recently used go when more than `maxFlows` are held.
 */
export class FlowCache {
  readonly #load: (revision: string) => Promise<CompiledFlow>;
  readonly #maxFlows: number;
  readonly #flows = new Map<string, Promise<CompiledFlow>>();

  constructor(load: (revision: string) => Promise<CompiledFlow>, maxFlows: number) {
    this.#load = load;
    this.#maxFlows = maxFlows;
  }

  get(revision: string): Promise<CompiledFlow> {
    const held = this.#flows.get(revision);
    if (held !== undefined) {
      this.#flows.delete(revision);
      this.#flows.set(revision, held);
      return held;
    }
    const loading = this.#load(revision);
    this.#flows.set(revision, loading);
    loading.catch(() => {
      if (this.#flows.get(revision) === loading) this.#flows.delete(revision);
    });
    if (this.#flows.size > this.#maxFlows) {
      const oldest = this.#flows.keys().next();
      if (!oldest.done) this.#flows.delete(oldest.value);
    }
    return loading;
  }
}
