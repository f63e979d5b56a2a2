import type { Body } from '../../../exchange.ts';

/** Bodies as they cross to a task: one behind the other. */
export interface JoinedBodies {
  readonly body: Body;
  readonly parts: readonly { readonly length: number; readonly isText: boolean }[];
}

export function joinBodies(bodies: readonly Body[]): JoinedBodies {
  if (bodies.every((body) => typeof body === 'string')) {
    const parts = bodies.map(({ length }) => ({ length, isText: true }));
    return { body: bodies.join(''), parts };
  }
  const bytes = bodies.map((body) => (typeof body === 'string' ? Buffer.from(body) : body));
  const parts = bytes.map(({ length }, i) => ({ length, isText: typeof bodies[i] === 'string' }));
  return { body: Buffer.concat(bytes), parts };
}
