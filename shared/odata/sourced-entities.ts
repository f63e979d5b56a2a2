import type { Entity } from './model.ts';

/** Entities that remember what they were made of, so that `$expand` reads nothing again. */
export interface SourcedEntities<S> {
  readonly entityOf: (source: S) => Entity;
  /** For the expanders of `reply.ts`. */
  readonly expand: (
    relatedTo: (source: S) => readonly Entity[],
  ) => (entity: Entity) => Promise<readonly Entity[]>;
}

export function sourcedEntities<S>(make: (source: S) => Entity): SourcedEntities<S> {
  const sources = new WeakMap<Entity, { readonly source: S }>();
  return {
    entityOf(source) {
      const entity = make(source);
      sources.set(entity, { source });
      return entity;
    },
    expand: (relatedTo) => (entity) => {
      const known = sources.get(entity);
      return Promise.resolve(known === undefined ? [] : relatedTo(known.source));
    },
  };
}
