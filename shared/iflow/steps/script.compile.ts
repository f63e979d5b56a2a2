import { BundleFault, decodeUtf8 } from '../bundle/bundle.ts';
import { MAX_SCRIPT_BYTES, SCRIPT_FOLDER } from '../bundle/script-collection.ts';
import type { NodeModel } from '../model/flow-model.ts';
import type { CompileContext } from './compiler.ts';
import type { ScriptConfig } from './script.ts';

/**
 * Compiles a script step: the file must be in the bundle or in the script collection that the step
 * names, and the function have a name.
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
  addScript(key, { collection, fileName }, context);
  return { fileName: key, functionName };
}

function addScript(
  key: string,
  { collection, fileName }: { readonly collection: string; readonly fileName: string },
  context: CompileContext,
): void {
  const owner =
    collection === '' ? 'the bundle' : `the script collection ${collection.slice(0, 200)}`;
  const files = collection === '' ? context.bundle : context.collection(collection);
  if (files === undefined) {
    context.fault(`uses ${owner}, which is not there`, { kind: 'reference' });
    return;
  }
  const path = SCRIPT_FOLDER + fileName;
  const shown = JSON.stringify(fileName.slice(0, 200));
  if (collection !== '' && context.bundle.paths.includes(SCRIPT_FOLDER + key)) {
    context.fault(`uses ${owner}, whose script ${shown} the bundle has in a folder of that name`);
    return;
  }
  if (context.hasResource(key)) return;
  try {
    const bytes = files.read(path, MAX_SCRIPT_BYTES);
    if (bytes === undefined) {
      context.fault(`names the script ${shown}, which ${owner} does not have`, {
        kind: 'reference',
      });
    } else context.addResource(key, decodeUtf8(bytes, path));
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    context.fault(
      `names the script ${shown}, which cannot be read as UTF-8 text of at most ${MAX_SCRIPT_BYTES} bytes`,
    );
  }
}
