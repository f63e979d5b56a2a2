import type { CompiledFlow } from './flow.ts';

export interface FlowCacheLimits {
  readonly maxFlows: number;
  /** Of all flows together, as JSON. */
  readonly maxCharacters: number;
}

/**
 * Compiled flows in use, by revision. A revision never changes, so there is nothing to refresh; the
 * least recently used go when there are too many, or all together are too large. The one that was
 * loaded last stays, however large it is.
 */
export class FlowCache {
  readonly #load: (revision: string) => Promise<CompiledFlow>;
  readonly #limits: FlowCacheLimits;
  readonly #flows = new Map<string, { flow: Promise<CompiledFlow>; characters: number }>();
  #characters = 0;

  constructor(load: (revision: string) => Promise<CompiledFlow>, limits: FlowCacheLimits) {
    this.#load = load;
    this.#limits = limits;
  }

  get(revision: string): Promise<CompiledFlow> {
    const held = this.#flows.get(revision);
    if (held !== undefined) {
      this.#flows.delete(revision);
      this.#flows.set(revision, held);
      return held.flow;
    }
    const entry = { flow: this.#load(revision), characters: 0 };
    this.#flows.set(revision, entry);
    entry.flow.then(
      (flow) => {
        if (this.#flows.get(revision) !== entry) return;
        entry.characters = JSON.stringify(flow).length;
        this.#characters += entry.characters;
        this.#makeRoom();
      },
      () => {
        if (this.#flows.get(revision) === entry) this.#flows.delete(revision);
      },
    );
    this.#makeRoom();
    return entry.flow;
  }

  #makeRoom(): void {
    const { maxFlows, maxCharacters } = this.#limits;
    for (const [revision, { characters }] of this.#flows) {
      const fits = this.#flows.size <= maxFlows && this.#characters <= maxCharacters;
      if (fits || this.#flows.size === 1) return;
      this.#flows.delete(revision);
      this.#characters -= characters;
    }
  }
}
