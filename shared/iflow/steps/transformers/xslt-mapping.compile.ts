import type { Bundle } from '../../bundle/bundle.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { type CompiledStylesheet, compileStylesheet } from './xslt/compile-stylesheet.ts';
import { fileName, type StylesheetFault } from './xslt/modules.ts';
import { World } from './xslt/world.ts';
import type { CompileContext } from '../compiler.ts';
import type { XsltMappingConfig } from './xslt-mapping.ts';

/** How the editor writes the address of a file in the bundle; some exports have only its path. */
const ADDRESS = /^(?:dir:\/\/mapping\/xslt\/|\/)?(src\/main\/resources\/mapping\/.+\.xslt?)$/i;

/** Compiles an XSLT mapping (SAP Help, "Create XSLT Mapping"), and its stylesheet with it. */
export function compileXsltMapping(
  node: NodeModel,
  context: CompileContext,
): XsltMappingConfig | null {
  const format = node.properties.get('mappingoutputformat') ?? '';
  if (!['', 'Bytes', 'String'].includes(format)) {
    const clause = `has the output format ${JSON.stringify(format.slice(0, 100))}; it is Bytes or String`;
    context.fault(clause, { property: 'mappingoutputformat' });
  }
  const result = format === 'String' ? 'text' : 'bytes';
  const source = node.properties.get('mappingSource') ?? '';
  if (source === 'mappingSrcHeader') {
    const header = (node.properties.get('mappingHeaderNameKey') ?? '').trim();
    if (header !== '') return { result, from: 'header', header };
    context.fault('names no header that is to name the stylesheet', {
      property: 'mappingHeaderNameKey',
    });
    return null;
  }
  if (source !== '' && source !== 'mappingSrcIflow') {
    const clause = `takes its stylesheet from ${JSON.stringify(source.slice(0, 100))}, which is unknown`;
    context.fault(clause, { property: 'mappingSource' });
    return null;
  }
  const address = node.properties.get('mappinguri') ?? '';
  const [, path] = ADDRESS.exec(address) ?? [];
  if (path === undefined) {
    const clause =
      address === ''
        ? 'names no stylesheet'
        : `names the stylesheet ${JSON.stringify(address.slice(0, 200))}, which is not one of the iFlow's mappings`;
    context.fault(clause, { property: 'mappinguri' });
    return null;
  }
  context.working(`The stylesheet ${JSON.stringify(fileName(path))}`);
  const stylesheet = compileOnce(context.bundle, path);
  context.working('');
  for (const { clause, kind, capability } of stylesheet.faults) {
    const about = { kind, ...(capability === undefined ? {} : { capability }) };
    context.fault(`has the stylesheet ${JSON.stringify(fileName(path))}, which ${clause}`, about);
  }
  if (stylesheet.compiled === undefined) return null;
  const { facts, text } = stylesheet.compiled;
  if (!context.hasResource(path)) context.addResource(path, text);
  return { result, from: 'bundle', stylesheet: facts, resource: path };
}

interface Compilation {
  readonly compiled: CompiledStylesheet | undefined;
  readonly faults: readonly StylesheetFault[];
}

/** By their path, since several steps may share a stylesheet; the compiler is warm from the second on. */
interface Compilations {
  readonly world: World;
  readonly done: Map<string, Compilation>;
}

const ofBundles = new WeakMap<Bundle, Compilations>();

function compileOnce(bundle: Bundle, path: string): Compilation {
  const compilations: Compilations = ofBundles.get(bundle) ?? {
    world: new World(),
    done: new Map<string, Compilation>(),
  };
  ofBundles.set(bundle, compilations);
  const { world, done } = compilations;
  const found = done.get(path);
  if (found !== undefined) return found;
  const faults: StylesheetFault[] = [];
  const compiled = compileStylesheet(bundle, path, world, (fault) => faults.push(fault));
  const compilation = { compiled, faults };
  done.set(path, compilation);
  return compilation;
}
