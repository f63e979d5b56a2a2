/**
 * The module `@azure/functions-core`, which exists only inside a Functions worker: the library
 * `@azure/functions` registers functions and hooks with it. Apps get it by {@link provideCoreModule}.
 */
import { registerHooks } from 'node:module';
import {
  type Callback,
  type FunctionMetadata,
  type Hook,
  HOOK_NAMES,
  type HookName,
  type LogCategory,
  type LogLevel,
  type ProgrammingModel,
} from './rpc.ts';

/** Where registrations go: the app that is being loaded, or the one that was loaded last. */
export interface Registrar {
  addFunction(metadata: FunctionMetadata, callback: Callback): void;
  addHook(name: HookName, hook: Hook): () => void;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

let registrar: Registrar | undefined;
let model: ProgrammingModel | undefined;

function current(): Registrar {
  if (registrar === undefined) throw new Error('No app is being loaded by the Functions host.');
  return registrar;
}

export function receiveRegistrations(by: Registrar): void {
  registrar = by;
}

/** A library sets its model once in a process, however many apps use it. */
export function getProgrammingModel(): ProgrammingModel | undefined {
  return model;
}

let provided = false;

/** From here on `import` and `require` of `@azure/functions-core` yield this module. */
export function provideCoreModule(): void {
  if (provided) return;
  provided = true;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@azure/functions-core'
        ? { url: import.meta.url, shortCircuit: true }
        : next(specifier, context),
  });
}

// What follows is called by the library.

export const version = '3.13.0';
export const hostVersion = '4.1037.0';

export function setProgrammingModel(programmingModel: ProgrammingModel): void {
  model = programmingModel;
}

export function registerFunction(metadata: FunctionMetadata, callback: Callback): Disposable {
  current().addFunction(metadata, callback);
  return new Disposable(() => {
    throw new Error('A registered function cannot be taken back.');
  });
}

export function registerHook(name: string, hook: Hook): Disposable {
  const known = HOOK_NAMES.find((hookName) => hookName === name);
  if (known === undefined) throw new RangeError(`The Functions host has no hook "${name}".`);
  return new Disposable(current().addHook(known, hook));
}

export function log(level: LogLevel, category: LogCategory, message: string): void {
  current().log(level, category, message);
}

export class Disposable {
  readonly #dispose: () => void;

  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }

  dispose(): void {
    this.#dispose();
  }
}
