import { fileName, type StylesheetFault } from './modules.ts';
import { splitName } from './functions.ts';

/** What the compiler says of an error, as far as it is the author's own text. */
interface CompilerError {
  /** Of the XSLT or XPath recommendations, such as `XPST0017`. */
  readonly code: string;
  /** 0 where it is not known. */
  readonly line: number;
  readonly module: string;
  /** The XPath expression or pattern. */
  readonly expression: string;
  /** What is unknown: a function, variable, template or type. */
  readonly name: string;
}

/** Clauses by error code; `$` stands for the name. */
const CLAUSES: Readonly<Record<string, string>> = {
  XPST0003: 'has a syntax error',
  XPST0008: 'refers to $, which is not declared',
  XPST0017: 'calls $, which is not known',
  XPST0051: 'names the type $, which is not known',
  XPST0081: 'uses a prefix that is not declared',
  XPTY0004: 'has a value of a type that is not allowed there',
  XTSE0010: 'has an element that XSLT does not know, or does not allow there',
  XTSE0020: 'has an attribute with a value that is not allowed',
  XTSE0090: 'has an attribute that is not allowed there',
  XTSE0110: 'has a version that is no number',
  XTSE0150: 'is no stylesheet: its root element has no version',
  XTSE0165: 'includes a file that is not in the bundle',
  XTSE0180: 'includes itself',
  XTSE0210: 'imports itself',
  XTSE0280: 'uses a prefix that is not declared',
  XTSE0500: 'has a template with neither a match nor a name',
  XTSE0580: 'declares a parameter twice',
  XTSE0630: 'declares a variable twice',
  XTSE0650: 'calls the template $, which is not there',
  XTSE0660: 'has two templates of one name',
  XTSE0710: 'uses an attribute set that is not there',
};

/**
 * What keeps a stylesheet from being compiled, as a clause about it.
 * @param output what the compiler has told
 * @param files texts of the modules
 * @param path of the stylesheet: a module that it includes is named beside it
 */
export function faultOfCompiler(
  output: string,
  files: ReadonlyMap<string, string>,
  path: string,
): StylesheetFault {
  const { code, line, module, expression, name } = readError(output);
  const { uri, local } = splitName(name);
  const shown = code === 'XPST0008' ? `$${local}` : code === 'XPST0017' ? `${local}()` : local;
  const texts = [...files].flatMap(([file, text]) => (fileName(file) === module ? text : []));
  const found = expression === '' ? line : lineOf(expression, texts, line);
  const where = [
    ...(module === '' || module === fileName(path) ? [] : [module]),
    ...(found === 0 ? [] : [`line ${found}`]),
    ...(code === '' ? [] : [code]),
  ].join(', ');
  const clause = clauseOf(code).replace('$', () => (name === '' ? 'something' : shown));
  const quoted = expression === '' ? '' : `: ${JSON.stringify(expression.slice(0, 200))}`;
  const text = `${clause}${quoted}${where === '' ? '' : ` (${where})`}`;
  // A function of another namespace is one of an engine or a language that is not there.
  return code === 'XPST0017' && uri.includes(':') && !uri.startsWith('http://www.w3.org/')
    ? { clause: text, kind: 'missing', capability: `XSLT function ${uri} ${local}()` }
    : { clause: text, kind: 'design' };
}

function readError(output: string): CompilerError {
  const code = /\bError ([A-Z]{4}\d{4})\b/.exec(output)?.[1] ?? '';
  const at = /\bon line (\d+)(?: in ([^\n{]+?))?(?=:\n| \{|:)/.exec(output);
  const expression = /\bStatic error in [^\n{]*\{([^]*?)\}: /.exec(output)?.[1] ?? '';
  const name =
    /\b(?:function|variable|template|type) (Q\{[^}\n]*\}[^\s(]+|[\w.-]+:[\w.-]+)/i.exec(
      output,
    )?.[1] ?? '';
  return { code, line: Number(at?.[1] ?? 0), module: moduleName(at?.[2] ?? ''), expression, name };
}

function clauseOf(code: string): string {
  const known = Object.hasOwn(CLAUSES, code) ? CLAUSES[code] : undefined;
  if (known !== undefined) return known;
  return /^(?:FO|SX|XTDE)/.test(code)
    ? 'has an expression that cannot be evaluated before there is a message'
    : 'is not valid';
}

/**
 * The line that an expression begins in. What the compiler says counts where the expression is there;
 * for one beside its element on a line, it says another.
 */
function lineOf(expression: string, texts: readonly string[], told: number): number {
  // As an attribute has it: any space may be a line end, and signs may be escaped.
  const written = expression.replace(/[\\^$.*+?()[\]{}|<>&"']|\s+/g, (sign) => {
    if (sign.trim() === '') return '\\s+';
    const escaped = Object.hasOwn(ESCAPED, sign) ? ESCAPED[sign] : undefined;
    return escaped ?? `\\${sign}`;
  });
  const lines = texts.flatMap((text) =>
    [...text.matchAll(new RegExp(written, 'g'))].map(
      ({ index }) => text.slice(0, index).split('\n').length,
    ),
  );
  return lines.includes(told) ? told : (lines[0] ?? 0);
}

const ESCAPED: Readonly<Record<string, string>> = {
  '<': '(?:<|&lt;)',
  '>': '(?:>|&gt;)',
  '&': '&amp;',
  '"': '(?:"|&quot;)',
  "'": "(?:'|&apos;)",
};

/** The compiler shows the end of an address. */
export function moduleName(text: string): string {
  const name = fileName(text);
  try {
    return decodeURIComponent(name);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return name;
  }
}
