import { isNcName } from '../../xml/characters.ts';
import type { CompileContext } from '../compiler.ts';

export interface PathStep {
  readonly localName: string;
  /** Undefined where the step is written without prefix. */
  readonly namespace: string | undefined;
}

const MAX_STEPS = 100;

/**
 * The path of an element from the root on, such as `/root/Records` or `ns:root/ns:Records`. It may
 * have child steps only: no `//`, no `*`, no conditions.
 * @returns undefined where it is no such path, which is told as a fault.
 */
export function compilePath(
  written: string,
  property: string,
  context: CompileContext,
): readonly PathStep[] | undefined {
  const path = written.trim();
  if (path === '') {
    context.fault('names no element; write its path, such as /root/Records', { property });
    return undefined;
  }
  const steps = path.replace(/^\//, '').split('/');
  const compiled = steps.slice(0, MAX_STEPS).map((step): PathStep | undefined => {
    const colon = step.indexOf(':');
    const localName = step.slice(colon + 1).trim();
    const prefix = step.slice(0, Math.max(0, colon)).trim();
    if (!isNcName(localName)) return undefined;
    if (colon < 0) return { localName, namespace: undefined };
    const namespace = Object.entries(context.namespaces).find(([key]) => key === prefix)?.[1];
    return namespace === undefined ? undefined : { localName, namespace };
  });
  const known = compiled.filter((step) => step !== undefined);
  if (known.length === steps.length) return known;
  context.fault(
    `has the path ${JSON.stringify(path.slice(0, 200))}; it must be the path of an element, such as /root/Records, with prefixes of the iFlow's Namespace Mapping only`,
    { property },
  );
  return undefined;
}
