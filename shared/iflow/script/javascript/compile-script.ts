import { GUEST_FILE, guestSource } from './guest-run.ts';
import { QuickJsMachine, STRIP_DEBUG, STRIP_SOURCE } from './quickjs.ts';
import { rewrite } from './rewrite.ts';

export const STACK_TEXT = 'The script nests calls or code too deeply for the interpreter’s stack.';

/**
 * Compiles a script, as Rhino would have taken it.
 * @returns what the parser says, with its place, for one that it does not take; '' where there was no
 *   memory left to say anything.
 */
export function compileScript(
  machine: QuickJsMachine,
  fileName: string,
  source: string,
): { readonly fileName: string; readonly bytecode: Uint8Array } | { readonly message: string } {
  // Line ends and NUL would not survive the file name's way through QuickJS.
  const file = fileName.replace(/\p{Cc}/gu, ' ').toWellFormed();
  const text = rewrite(source.replace(/^\uFEFF/, '').toWellFormed());
  const compiled = machine.compile(text, file, STRIP_SOURCE);
  if (typeof compiled !== 'number') return { fileName: file, bytecode: compiled };
  if (!machine.isObject(compiled)) return { message: '' };
  const message = machine.readProperty(compiled, 'message');
  if (message === 'out of memory') return { message: '' };
  const name = machine.readProperty(compiled, 'name');
  const at = /:(\d+:\d+)\)?\s*$/m.exec(machine.readProperty(compiled, 'stack'))?.[1];
  return { message: `${name}: ${message} (${at === undefined ? file : `${file}:${at}`})` };
}

/** Compiles what runs around every script. */
export function compileGuest(module: WebAssembly.Module): Uint8Array {
  return compileOurs(module, guestSource);
}

/** To bytecode, on a machine of its own, since the parser leaves much of the heap touched. */
export function compileOurs(module: WebAssembly.Module, source: string): Uint8Array {
  const machine = new QuickJsMachine(
    module,
    () => false,
    () => 0,
  );
  const compiled = machine.compile(source, GUEST_FILE, STRIP_SOURCE | STRIP_DEBUG);
  if (typeof compiled !== 'number') return compiled;
  throw new Error(`The guest source is wrong: ${machine.readProperty(compiled, 'message')}`);
}
