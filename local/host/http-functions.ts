import type { Invocable } from './invocation.ts';
import { compileRoute, cutPath, type Route } from './routes.ts';

export interface HttpFunction extends Invocable {
  /** Name of the trigger's binding. */
  readonly trigger: string;
}

/** Finds the function that serves a method and decoded path, with the route's parameters. */
export type Router = (
  method: string,
  path: string,
) => { fn: HttpFunction; params: Record<string, string> } | undefined;

interface Entry {
  readonly fn: HttpFunction;
  readonly template: string;
  readonly route: Route;
  /** Upper case. */
  readonly methods: ReadonlySet<string>;
}

/**
 * Puts HTTP functions in the order in which Azure tries them: by function name, case ignored; the
 * first match wins, however specific another is. A method that a function does not list is as no
 * match at all.
 *
 * @param reject is told of each function that Azure would refuse; such a one is left out.
 */
export function routeHttpFunctions(
  functions: readonly HttpFunction[],
  routePrefix: string,
  reject: (name: string, reason: string) => void,
): Router {
  const entries: Entry[] = [];
  for (const fn of functions) {
    try {
      entries.push(entryOf(fn, routePrefix, entries));
    } catch (error) {
      reject(fn.metadata.name, error instanceof Error ? error.message : String(error));
    }
  }
  entries.sort((a, b) => compareNames(a.fn.metadata.name, b.fn.metadata.name));
  return (method, path) => {
    const cut = cutPath(path);
    for (const { fn, route, methods } of entries) {
      if (!methods.has(method)) continue;
      const params = route.match(cut);
      if (params !== undefined) return { fn, params };
    }
    return undefined;
  };
}

function compareNames(a: string, b: string): number {
  const [left, right] = [a.toUpperCase(), b.toUpperCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

function entryOf(fn: HttpFunction, prefix: string, others: readonly Entry[]): Entry {
  const binding = fn.metadata.bindings[fn.trigger];
  const own = typeof binding?.['route'] === 'string' ? binding['route'] : '';
  const named = (own === '' ? fn.metadata.name : own).replace(/^\/+|\/+$/g, '');
  if (/^(admin|runtime)/i.test(named)) {
    throw new Error(
      `Its route "${named}" begins with "admin" or "runtime", which belong to the Functions host.`,
    );
  }
  const template = prefix === '' ? named : `${prefix}/${named}`;
  const listed = Array.isArray(binding?.['methods']) ? binding['methods'] : [];
  const methods = new Set(listed.map((method) => String(method).toUpperCase()));
  if (methods.size === 0) throw new Error('It lists no HTTP method.');
  const rival = others.find(
    (other) =>
      other.template.toLowerCase() === template.toLowerCase() &&
      [...methods].some((method) => other.methods.has(method)),
  );
  if (rival !== undefined) {
    throw new Error(
      `Its route "${template}" is that of the function "${rival.fn.metadata.name}", with a method in common.`,
    );
  }
  return { fn, template, route: compileRoute(template), methods };
}
