import type { ResourceFiles } from '../../compiler.ts';
import { checkCompiled, type CompiledFacts, NotCompiled, type Refusal } from './check-compiled.ts';
import { faultOfCompiler, moduleName } from './compile-error.ts';
import { resultEncoding } from './encodings.ts';
import { extensionModule } from './extensions.ts';
import { fileName, type Modules, readModules, type StylesheetFault } from './modules.ts';
import type { World } from './world.ts';
import type { StylesheetFacts } from './xslt.ts';

/** A stylesheet that is ready to run: the resource of the task `xslt`, and what is known of it. */
export interface CompiledStylesheet {
  readonly facts: StylesheetFacts;
  readonly text: string;
}

/** The largest of SAP's published stylesheets becomes 2.2 million. */
const MAX_COMPILED_CHARACTERS = 4 * 1024 * 1024;
const MAIN = '/.flowgate/main.xsl';
const EXTENSIONS = '/.flowgate/extensions.xsl';
const XSLT = 'http://www.w3.org/1999/XSL/Transform';

/**
 * Compiles a stylesheet of XSLT 1.0, 2.0 or 3.0 and makes sure that it does nothing but transform:
 * by what it was compiled to, which says what is called whatever the source looks like.
 * @param world the compiler's: one may compile several stylesheets, if they are of one author
 * @param report takes every fault
 */
export function compileStylesheet(
  files: ResourceFiles,
  path: string,
  world: World,
  report: (fault: StylesheetFault) => void,
): CompiledStylesheet | undefined {
  const name = fileName(path);
  const modules = readModules(files, path, report);
  if (modules === undefined) return undefined;
  const text = runCompiler(modules, path, world, report);
  if (text === undefined) return undefined;
  if (text.length > MAX_COMPILED_CHARACTERS) {
    const clause = `becomes more than ${MAX_COMPILED_CHARACTERS} characters when it is compiled`;
    report({ clause, kind: 'design' });
    return undefined;
  }
  const checked = check(text, report);
  if (checked === undefined) return undefined;
  const { parameters, readsExchange, encoding, refused } = checked;
  for (const refusal of refused) report(faultOfRefusal(refusal, name));
  const known = resultEncoding(encoding);
  if (known === undefined) {
    const clause = `asks for the encoding ${JSON.stringify(encoding.slice(0, 100))}, which is not available`;
    report({ clause, kind: 'missing', capability: 'XSLT output encoding' });
  }
  if (refused.length > 0 || known === undefined) return undefined;
  return { facts: { name, parameters, readsExchange, encoding: known }, text };
}

function check(text: string, report: (fault: StylesheetFault) => void): CompiledFacts | undefined {
  try {
    return checkCompiled(text);
  } catch (error) {
    if (!(error instanceof NotCompiled)) throw error;
    report({ clause: 'becomes something else than a stylesheet', kind: 'design' });
    return undefined;
  }
}

function faultOfRefusal({ what, module, line }: Refusal, name: string): StylesheetFault {
  const other = moduleName(module);
  const where = [
    ...(other === name || other === '' ? [] : [other]),
    ...(line === 0 ? [] : [`near line ${line}`]),
  ].join(', ');
  const verb = what.startsWith('xsl:') ? 'uses' : 'calls';
  const clause = `${verb} ${what}, which is not available${where === '' ? '' : ` (${where})`}`;
  return { clause, kind: 'missing', capability: `XSLT ${what}` };
}

function runCompiler(
  { files, version }: Modules,
  path: string,
  world: World,
  report: (fault: StylesheetFault) => void,
): string | undefined {
  const extensions = extensionModule([...files.values()]);
  const address = `file:///${path.split('/').map(encodeURIComponent).join('/')}`;
  const included = [address, ...(extensions === undefined ? [] : [`file://${EXTENSIONS}`])];
  // Includes the stylesheet, so that its own text and lines stay as they are.
  const main = `<xsl:stylesheet version="${/^\d+(?:\.\d+)?$/.test(version) ? version : '3.0'}" xmlns:xsl="${XSLT}">${included.map((href) => `<xsl:include href="${href}"/>`).join('')}</xsl:stylesheet>`;
  const texts = [
    [MAIN, main],
    ...(extensions === undefined ? [] : [[EXTENSIONS, extensions]]),
    ...[...files].map(([file, text]) => [`/${file}`, text]),
  ];
  const { compiled, output } = world.compile(JSON.stringify(texts), MAIN);
  if (compiled === undefined) report(faultOfCompiler(output, files, path));
  return compiled;
}
