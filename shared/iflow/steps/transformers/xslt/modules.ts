import { BundleFault } from '../../../bundle/fault.ts';
import type { ResourceFiles } from '../../compiler.ts';
import { decodeXml } from '../../../xml/decode-xml.ts';
import type { XmlDocument } from '../../../xml/nodes.ts';
import { readXml } from '../../../xml/read-xml.ts';
import { XmlError } from '../../../xml/xml-handler.ts';

/** A stylesheet and what it includes and imports, ready for the compiler. */
export interface Modules {
  /** Texts by path, without their XML declarations. */
  readonly files: ReadonlyMap<string, string>;
  /** Of the main module, as its root says: 1.0, 2.0 or 3.0. */
  readonly version: string;
}

/** A clause about the stylesheet, such as `includes x.xsl, which the bundle does not have`. */
export interface StylesheetFault {
  readonly clause: string;
  /** `missing` has a capability, too. */
  readonly kind: 'missing' | 'reference' | 'design';
  readonly capability?: string;
}

const XSLT = 'http://www.w3.org/1999/XSL/Transform';
/** SAP's largest published stylesheet has 454,000 bytes. */
const MAX_BYTES = 2 * 1024 * 1024;
/** Of all modules of one stylesheet. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_MODULES = 100;
const XML_LIMITS = { maxCharacters: MAX_BYTES, maxDepth: 200, maxNodes: 200_000 };

/**
 * Reads a stylesheet with all that it includes and imports, of which every file must be in the same
 * bundle. Nothing else is within the compiler's reach.
 * @param report takes every fault.
 */
export function readModules(
  files: ResourceFiles,
  path: string,
  report: (fault: StylesheetFault) => void,
): Modules | undefined {
  const texts = new Map<string, string>();
  const waiting = [{ path, from: '' }];
  let version = '';
  let characters = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (texts.has(next.path)) continue;
    const module = readModule(files, next, report);
    if (module === undefined) return undefined;
    texts.set(next.path, module.text);
    characters += module.text.length;
    if (texts.size > MAX_MODULES || characters > MAX_CHARACTERS) {
      const clause = `has more than ${MAX_MODULES} modules or ${MAX_CHARACTERS} characters`;
      report({ clause, kind: 'design' });
      return undefined;
    }
    version ||= versionOf(module.document);
    for (const href of hrefsOf(module.document)) {
      const target = resolve(href, next.path);
      if (target !== undefined) waiting.push({ path: target, from: next.path });
      else {
        const clause = `includes ${shown(href)}, which is no file of the bundle`;
        report({ clause, kind: 'reference' });
        return undefined;
      }
    }
  }
  return { files: texts, version };
}

function readModule(
  files: ResourceFiles,
  { path, from }: { readonly path: string; readonly from: string },
  report: (fault: StylesheetFault) => void,
): { readonly text: string; readonly document: XmlDocument } | undefined {
  const subject = from === '' ? '' : `includes ${shown(fileName(path))}, which `;
  try {
    const bytes = files.read(path, MAX_BYTES);
    if (bytes === undefined) {
      const clause = subject === '' ? 'is not in the bundle' : `${subject}is not in the bundle`;
      report({ clause, kind: 'reference' });
      return undefined;
    }
    const text = decodeXml(bytes, MAX_BYTES);
    const document = readXml(text, XML_LIMITS);
    return { text: declareXs(withoutDeclaration(text), document), document };
  } catch (error) {
    if (error instanceof XmlError) {
      report({ clause: `${subject}cannot be read as XML: ${error.message}`, kind: 'design' });
      return undefined;
    }
    if (!(error instanceof BundleFault)) throw error;
    const clause = `${subject}is damaged, or has more than ${MAX_BYTES} bytes`;
    report({ clause, kind: 'design' });
    return undefined;
  }
}

/** What the root says; a simplified stylesheet says it in XSLT's namespace. */
function versionOf({ documentElement: root }: XmlDocument): string {
  const namespaceURI = root.namespaceURI === XSLT ? null : XSLT;
  const version = root.attributes.find(
    (a) => a.localName === 'version' && a.namespaceURI === namespaceURI,
  );
  return version?.value.trim() ?? '';
}

function hrefsOf({ documentElement: root }: XmlDocument): string[] {
  return ['include', 'import'].flatMap((name) =>
    root.elements(name, XSLT).map((element) => element.attribute('href')),
  );
}

/** The path of a file that another refers to; undefined where that is outside of the bundle. */
function resolve(href: string, from: string): string | undefined {
  const base = `file:///${from.split('/').map(encodeURIComponent).join('/')}`;
  try {
    const { protocol, host, pathname } = new URL(href, base);
    return protocol === 'file:' && host === '' ? decodeURIComponent(pathname).slice(1) : undefined;
  } catch (error) {
    if (error instanceof TypeError || error instanceof URIError) return undefined;
    throw error;
  }
}

/** Texts are decoded: what the declaration says of bytes is over. Lines keep their numbers. */
function withoutDeclaration(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/^<\?xml\s[^>]*\?>/, (declaration) => declaration.replace(/[^\n]/g, ''));
}

/** Comments, CDATA sections and instructions, to be left alone, or a tag that has no content. */
const EMPTY_PARAMETERS = (name: string): RegExp =>
  new RegExp(
    `<!--[^]*?-->|<!\\[CDATA\\[[^]*?\\]\\]>|<\\?[^]*?\\?>|<(${name})(?=[\\s/>])((?:\\s+[^\\s=]+\\s*=\\s*(?:"[^"]*"|'[^']*'))*\\s*(?:/>|>\\s*</\\1\\s*>))`,
    'g',
  );

/**
 * The compiler knows the types of parameters of functions by the prefix `xs` only. Where a module
 * uses another and has no `xs`, each empty parameter is given it: there it can be seen in no result.
 */
function declareXs(text: string, { documentElement: root }: XmlDocument): string {
  if (/\sxmlns:xs\s*=/.test(text)) return text;
  const name = root.prefix === null ? 'param' : `${root.prefix}:param`;
  return text.replace(EMPTY_PARAMETERS(name), (whole, tag?: string, rest?: string) =>
    tag === undefined || rest === undefined
      ? whole
      : `<${tag} xmlns:xs="http://www.w3.org/2001/XMLSchema"${rest}`,
  );
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
