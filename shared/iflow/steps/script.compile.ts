import { BundleFault, decodeUtf8 } from '../bundle/bundle.ts';
import type { NodeModel } from '../model/flow-model.ts';
import type { CompileContext } from './compiler.ts';
import type { ScriptConfig } from './script.ts';

const SCRIPT_FOLDER = 'src/main/resources/script/';
/** SAP's largest published script has 120,000 bytes. */
const MAX_SCRIPT_BYTES = 2 * 1024 * 1024;

/** Compiles a script step: the file must be in the bundle, and the function have a name. */
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
  if (collection !== '') {
    context.fault(
      `uses the script collection ${collection.slice(0, 200)}, which is not available yet`,
      { kind: 'missing', capability: 'script collection' },
    );
  } else if (fileName === '') context.fault('names no script');
  else addScript(fileName, context);
  return { fileName, functionName };
}

function addScript(fileName: string, context: CompileContext): void {
  if (context.hasResource(fileName)) return;
  const path = SCRIPT_FOLDER + fileName;
  const shown = JSON.stringify(fileName.slice(0, 200));
  try {
    const bytes = context.bundle.read(path, MAX_SCRIPT_BYTES);
    if (bytes === undefined)
      context.fault(`names the script ${shown}, which the bundle does not have`);
    else context.addResource(fileName, decodeUtf8(bytes, path));
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    context.fault(
      `names the script ${shown}, which cannot be read as UTF-8 text of at most ${MAX_SCRIPT_BYTES} bytes`,
    );
  }
}
