import type { ScriptFlaws } from '../flaws.ts';
import { compileBinaryNow } from './binary.ts';
import { closings, codeOf } from './code-of.ts';
import { STACK_TEXT, compileScript } from './compile-script.ts';
import { isAvailable } from './parts.ts';
import { MISSING_METHODS } from './parts/services.ts';
import { GuestAborted, QuickJsMachine } from './quickjs.ts';

let binary: WebAssembly.Module | undefined;

export function checkJavaScript(
  fileName: string,
  source: string,
  functionName: string,
): ScriptFlaws {
  const code = codeOf(source);
  const needed = withoutGuarded(code);
  return {
    syntax: syntaxFlaw(fileName, source),
    missingClasses: missingClasses(needed, functionName),
    missingMethods: missingMethods(needed, functionName),
    // The name may be made at run time.
    namesFunction: words(code).has(functionName) || /\beval\b|\]\s*=/.test(code),
  };
}

function syntaxFlaw(fileName: string, source: string): string | undefined {
  binary ??= compileBinaryNow();
  try {
    const machine = new QuickJsMachine(
      binary,
      () => false,
      () => 0,
    );
    const compiled = compileScript(machine, fileName, source);
    return 'message' in compiled ? compiled.message : undefined;
  } catch (error) {
    if (!(error instanceof GuestAborted)) throw error;
    return STACK_TEXT;
  }
}

/** A full class name, up to its first part with a capital. */
const CLASS_NAME =
  /(?<![\w$.])(?:Packages\s*\.\s*)?((?:java|javax|com|org|edu|net)(?:\s*\.\s*[a-z_]\w*)*\s*\.\s*[A-Z]\w*)/g;
const MOST_NAMED = 20;

/**
 * Classes that are named in code which the function can reach: the top level, itself, and functions
 * that reachable code mentions.
 */
function missingClasses(code: string, functionName: string): string[] {
  const named = new Set<string>();
  const shadowed = new Map<string, boolean>();
  for (const part of reachable(code, functionName)) {
    for (const [, found = ''] of part.matchAll(CLASS_NAME)) {
      const name = found.replace(/\s/g, '');
      if (isAvailable(name)) continue;
      const root = /^\w+/.exec(name)?.[0] ?? '';
      if (!shadowed.has(root)) shadowed.set(root, isShadowed(code, root));
      if (shadowed.get(root) === false) named.add(name);
      if (named.size >= MOST_NAMED) return [...named].sort();
    }
  }
  return [...named].sort();
}

/** Methods are told by their names alone, and only where the script names their service as well. */
function missingMethods(code: string, functionName: string): string[] {
  const services = Object.entries(MISSING_METHODS).filter(([service]) => words(code).has(service));
  if (services.length === 0) return [];
  const called = new Set(
    reachable(code, functionName).flatMap((part) =>
      // Map.Entry has a getKey() as well. An argument that is a text is blank here.
      [...part.matchAll(/\.\s*(\w+)\s*\((?!\))/g)].map(([, name = '']) => name),
    ),
  );
  return services.flatMap(([service, methods]) =>
    methods.filter((method) => called.has(method)).map((method) => `${service}.${method}`),
  );
}

/** Whether the name of a package may be a variable of the script's. */
function isShadowed(code: string, root: string): boolean {
  const declared = `\\b(?:var|let|const|function|class)\\s+${root}\\b`;
  return new RegExp(`${declared}|[(,]\\s*${root}\\s*[,)=]`).test(code);
}

/** Blanks what stands in a `try` with a `catch`: it may be meant to fail. */
function withoutGuarded(code: string): string {
  const ends = closings(code, '{', '}');
  const pieces: string[] = [];
  let done = 0;
  for (const { index, 0: all } of code.matchAll(/\btry\s*\{/g)) {
    const from = index + all.length;
    const to = ends.get(from - 1);
    if (from < done || to === undefined) continue;
    if (!/^\}\s*catch\b/.test(code.slice(to, to + 100))) continue;
    pieces.push(code.slice(done, from), ' '.repeat(to - from));
    done = to;
  }
  return pieces.join('') + code.slice(done);
}

/** The code outside all functions of the top level, and those that can be called, each whole. */
function reachable(code: string, functionName: string): string[] {
  const bodies = new Map<string, string[]>();
  const parts: string[] = [];
  let done = 0;
  for (const { name, from, to } of topLevelFunctions(code)) {
    const named = bodies.get(name);
    if (named === undefined) bodies.set(name, [code.slice(from, to)]);
    else named.push(code.slice(from, to));
    parts.push(code.slice(done, from));
    done = to;
  }
  parts.push(code.slice(done));
  const waiting = [functionName, ...parts.flatMap((part) => [...words(part)])];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const reached = bodies.get(name) ?? [];
    bodies.delete(name);
    for (const body of reached) {
      parts.push(body);
      waiting.push(...words(body));
    }
  }
  return parts;
}

/** What it goes over before it fails is not what it begins at again: that would be quadratic. */
const HEAD =
  /(?<![\w$])(?:function(?:\s*\*\s*|\s+)([\w$]+)\s*(?=\()|([\w$]+)\s*=\s*(?:async\s+)?(?:function\b[\s*\w$]*(?=\()|\([^()]*\)\s*=>\s*(?=\{)|[\w$]+\s*=>\s*(?=\{)))/g;
const BODY = /\)?\s*\{/y;

interface FunctionText {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Functions that the top level declares or keeps in a variable. */
function* topLevelFunctions(code: string): Iterable<FunctionText> {
  const braces = closings(code, '{', '}');
  const parentheses = closings(code, '(', ')');
  let depth = 0;
  let done = 0;
  for (const { index, 0: head, 1: declared, 2: kept } of code.matchAll(HEAD)) {
    if (index < done) continue;
    depth += depthOf(code.slice(done, index));
    done = index;
    const end = index + head.length;
    BODY.lastIndex = parentheses.get(end) ?? end;
    const from = BODY.test(code) ? BODY.lastIndex - 1 : -1;
    const to = braces.get(from);
    if (depth !== 0 || to === undefined) continue;
    done = to + 1;
    yield { name: declared ?? kept ?? '', from: index, to: done };
  }
}

function depthOf(code: string): number {
  let depth = 0;
  for (const sign of code.match(/[{}]/g) ?? []) depth += sign === '{' ? 1 : -1;
  return depth;
}

function words(code: string): Set<string> {
  return new Set(code.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu));
}
