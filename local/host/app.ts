import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getProgrammingModel, provideCoreModule, receiveRegistrations } from './functions-core.ts';
import { readHostSettings, type HostSettings } from './host-json.ts';
import { type Invocable, runHooks, type Surroundings } from './invocation.ts';
import { describe, type Log } from './log.ts';
import type { Hook, HookName } from './rpc.ts';

/** A function app in memory, its `appStart` hooks run. */
export interface App extends Surroundings {
  readonly settings: HostSettings;
  readonly functions: readonly Invocable[];
  /** The worker's own address for requests, of an app in streaming mode. */
  readonly streamTo: string | undefined;
  /** Runs the `appTerminate` hooks; a hook that fails is logged and does not stop the others. */
  terminate(): Promise<void>;
}

let previous: Promise<unknown> = Promise.resolve();
let loads = 0;

/**
 * Loads an app folder: every file of the glob `main` in package.json, which register their
 * functions through the library. Loads in one process follow each other, because a registration
 * does not say which app it is of.
 * @throws {Error} when an entry file throws, as in Azure one such file stops the whole app.
 */
export function loadApp(appRoot: string, log: Log): Promise<App> {
  const loading = previous.then(() => load(appRoot, log));
  previous = loading.catch(() => undefined);
  return loading;
}

async function load(appRoot: string, log: Log): Promise<App> {
  const settings = await readHostSettings(appRoot);
  const functions: Invocable[] = [];
  const hooks: Record<HookName, Hook[]> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  };
  let isLoaded = false;
  provideCoreModule();
  receiveRegistrations({
    addFunction(metadata, callback) {
      if (isLoaded) {
        throw new Error(`Function "${metadata.name}" is registered after the app has started.`);
      }
      functions.push({ metadata, callback });
    },
    addHook(name, hook) {
      hooks[name].push(hook);
      return () => {
        hooks[name] = hooks[name].filter((each) => each !== hook);
      };
    },
    log,
  });
  await importEntryFiles(appRoot);
  const model = getProgrammingModel();
  if (model === undefined || functions.length === 0) {
    throw new Error(`${appRoot}: no function was registered through @azure/functions.`);
  }
  const capabilities = await model.getCapabilities({});
  isLoaded = true;
  const hookData = {};
  await runHooks(hooks.appStart, { hookData, functionAppDirectory: appRoot });
  return {
    settings,
    functions,
    hooks,
    model,
    log,
    streamTo: capabilities['HttpUri'],
    async terminate() {
      for (const hook of hooks.appTerminate) {
        try {
          await hook({ hookData });
        } catch (error) {
          log('error', 'system', `An appTerminate hook failed: ${describe(error)}`);
        }
      }
    },
  };
}

async function importEntryFiles(appRoot: string): Promise<void> {
  const packageFile = join(appRoot, 'package.json');
  const { main } = JSON.parse(await readFile(packageFile, 'utf8')) as { main?: unknown };
  if (typeof main !== 'string')
    throw new Error(`${packageFile} has no "main" with the entry files.`);
  const files = globSync(main, { cwd: appRoot }).sort();
  if (files.length === 0) throw new Error(`${appRoot} has no file that matches "${main}".`);
  loads += 1;
  for (const file of files) {
    const url = pathToFileURL(join(appRoot, file));
    // An entry file registers its functions only when it is evaluated: a further load of the same
    // app in one process needs it under another URL.
    if (loads > 1) url.search = `load=${loads}`;
    try {
      await import(url.href);
    } catch (error) {
      throw new Error(`The entry file ${file} could not be loaded.`, { cause: error });
    }
  }
}
