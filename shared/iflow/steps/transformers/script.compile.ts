import { BundleFault, decodeUtf8 } from '../../bundle/bundle.ts';
import { MAX_SCRIPT_BYTES, SCRIPT_FOLDER } from '../../bundle/script-collection.ts';
import { checkScript } from '../../script/check.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext, FaultSubject } from '../compiler.ts';
import type { ScriptConfig } from './script.ts';

/**
 * Compiles a script step: the file must be in the bundle or in the script collection that the step
 * names, be one that can be parsed, and have the function with every Java class that it can come to.
 */
export function compileScript(node: NodeModel, context: CompileContext): ScriptConfig {
  const collection = node.properties.get('scriptBundleId') ?? '';
  // Older exports name the file by its path in the bundle.
  const fileName = (node.properties.get('script') ?? '').replace(
    /^\/?(?:src\/main\/resources\/)?script\//,
    '',
  );
  const functionName = (node.properties.get('scriptFunction') ?? '').trim() || 'processData';
  if (!/^[\p{L}_$][\p{L}\p{N}_$]{0,199}$/u.test(functionName)) {
    context.fault(
      `names the script function ${JSON.stringify(functionName.slice(0, 100))}, which is no name`,
    );
  }
  if (fileName === '') {
    context.fault('names no script');
    return { fileName, functionName };
  }
  const key = collection === '' ? fileName : `${collection}/${fileName}`;
  const step = { key, collection, fileName, functionName };
  for (const { clause, about } of faultsOf(step, context)) context.fault(clause, about);
  return { fileName: key, functionName };
}

interface NamedScript extends ScriptConfig {
  /** Of the script in the compiled flow. */
  readonly key: string;
  /** '' for the bundle's own. */
  readonly collection: string;
}

interface Fault {
  readonly clause: string;
  readonly about?: FaultSubject;
}

/** What is wrong with the scripts of a bundle, each looked at once however many steps name it. */
const seen = new WeakMap<CompileContext['bundle'], Map<string, readonly Fault[]>>();

function faultsOf(script: NamedScript, context: CompileContext): readonly Fault[] {
  const scripts = seen.get(context.bundle) ?? new Map<string, readonly Fault[]>();
  seen.set(context.bundle, scripts);
  const id = `${script.key}\n${script.functionName}`;
  let faults = scripts.get(id);
  if (faults === undefined) {
    const source = addScript(script, context);
    faults = typeof source === 'string' ? flawsOf(script, source) : [source];
    scripts.set(id, faults);
  }
  return faults;
}

function flawsOf({ fileName, functionName }: NamedScript, source: string): Fault[] {
  const flaws = checkScript('JavaScript', fileName, source, functionName);
  const names = `names the script ${JSON.stringify(fileName.slice(0, 200))}`;
  if (flaws.syntax !== undefined) {
    return [{ clause: `${names}, which cannot be parsed: ${flaws.syntax}` }];
  }
  const lacking = [
    ...flaws.missingClasses.map((name) => ['needs the Java class', 'class', name] as const),
    ...flaws.missingMethods.map((name) => ['calls the method', 'method', name] as const),
  ];
  const faults: Fault[] = lacking.map(([needs, kind, name]) => ({
    clause: `${names}, which ${needs} ${name}, which Flowgate does not have`,
    about: { kind: 'missing', capability: `script ${kind} ${name}` },
  }));
  return flaws.namesFunction
    ? faults
    : [{ clause: `${names}, which has no function ${functionName}` }, ...faults];
}

/** @returns the script's text, which is in the compiled flow then; or why it cannot be had. */
function addScript(
  { key, collection, fileName }: NamedScript,
  context: CompileContext,
): string | Fault {
  const owner =
    collection === '' ? 'the bundle' : `the script collection ${collection.slice(0, 200)}`;
  const files = collection === '' ? context.bundle : context.collection(collection);
  if (files === undefined) {
    return { clause: `uses ${owner}, which is not there`, about: { kind: 'reference' } };
  }
  const path = SCRIPT_FOLDER + fileName;
  const shown = JSON.stringify(fileName.slice(0, 200));
  if (collection !== '' && context.bundle.paths.includes(SCRIPT_FOLDER + key)) {
    return {
      clause: `uses ${owner}, whose script ${shown} the bundle has in a folder of that name`,
    };
  }
  try {
    const bytes = files.read(path, MAX_SCRIPT_BYTES);
    if (bytes === undefined) {
      const clause = `names the script ${shown}, which ${owner} does not have`;
      return { clause, about: { kind: 'reference' } };
    }
    const source = decodeUtf8(bytes, path);
    if (!context.hasResource(key)) context.addResource(key, source);
    return source;
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    return {
      clause: `names the script ${shown}, which cannot be read as UTF-8 text of at most ${MAX_SCRIPT_BYTES} bytes`,
    };
  }
}
