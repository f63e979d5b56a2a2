import { mayCall, mayReferTo, splitName } from './functions.ts';

/** What the processor makes of a stylesheet: a tree of JSON objects. */
interface Part {
  /** Kind. */
  readonly N: string;
  readonly C: readonly unknown[];
  readonly name: string;
  readonly role: string;
  /** Of a literal. */
  readonly val: string;
  /** Of an output property. */
  readonly value: string;
  readonly line: string;
  readonly module: string;
  /** Namespaces in scope; those of an XPath expression begin with `=`. */
  readonly ns: string;
}

export interface CompiledFacts {
  /** Names of the parameters that it declares, of those in no namespace. */
  readonly parameters: readonly string[];
  /** Whether it calls `getHeader` or `getProperty`. */
  readonly readsExchange: boolean;
  /** As `xsl:output` names it; '' where it does not. */
  readonly encoding: string;
  readonly refused: readonly Refusal[];
}

/** What a stylesheet does that it may not, with the first place. */
export interface Refusal {
  /** Such as `doc()`, `JavaScript` or `xsl:evaluate`. */
  readonly what: string;
  /** File name of the module; '' where it is not known. */
  readonly module: string;
  /** Of the instruction around it; 0 where it is not known. */
  readonly line: number;
}

/** What is compiled is not of the shape that the processor writes. */
export class NotCompiled extends Error {}

const JAVASCRIPT = 'http://saxonica.com/ns/interactiveXSLT';
/** SAP's extension functions, as the module in `extensions.ts` calls them. */
const EXTENSIONS = new Set(['setHeader', 'setProperty', 'getHeader', 'getProperty']);
/** Instructions that make code of text, or that write elsewhere. */
const REFUSED_INSTRUCTIONS: ReadonlyMap<string, string> = new Map([
  ['evaluate', 'xsl:evaluate'],
  ['resultDoc', 'xsl:result-document'],
]);

interface Place {
  readonly value: unknown;
  readonly module: string;
  readonly line: number;
}

/**
 * Goes through all of a compiled stylesheet, where names are resolved whatever prefixes and notations
 * the source has used. Functions that it may call are listed: what the processor has beside them, or
 * comes to have in another version, is not open.
 * @throws {NotCompiled}
 */
export function checkCompiled(compiled: string): CompiledFacts {
  const parameters = new Set<string>();
  const refused = new Map<string, Refusal>();
  let readsExchange = false;
  let encoding = '';
  const open: Place[] = [{ value: parse(compiled), module: '', line: 0 }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const part = partOf(place.value);
    const { module, line } = whereOf(part, place);
    const extension = extensionOf(part);
    if (extension !== undefined) readsExchange ||= extension.startsWith('get');
    const what = extension === undefined ? refusalOf(part) : undefined;
    if (what !== undefined && !refused.has(what)) refused.set(what, { what, module, line });
    if (part.N === 'globalParam') {
      const { uri, local } = splitName(part.name);
      if (uri === '') parameters.add(local);
    }
    if (part.N === 'output' && part.name === '') {
      const properties = part.C.map(partOf);
      encoding = properties.find(({ name }) => name === 'encoding')?.value ?? encoding;
    }
    // The first two of an extension's are what `extensionOf` has recognised.
    const children = extension === undefined ? part.C : part.C.slice(2);
    for (const value of children) open.push({ value, module, line });
  }
  return { parameters: [...parameters], readsExchange, encoding, refused: [...refused.values()] };
}

function parse(compiled: string): unknown {
  try {
    return JSON.parse(compiled) as unknown;
  } catch (cause) {
    throw new NotCompiled('no JSON', { cause });
  }
}

function partOf(value: unknown): Part {
  if (typeof value !== 'object' || value === null) throw new NotCompiled('no part');
  const { C = [], ...members } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(C)) throw new NotCompiled('no children');
  const text = (name: string): string => {
    const member = Object.hasOwn(members, name) ? members[name] : '';
    if (typeof member !== 'string') throw new NotCompiled(`no text ${name}`);
    return member;
  };
  if (text('N') === '') throw new NotCompiled('no kind');
  return {
    N: text('N'),
    C,
    name: text('name'),
    role: text('role'),
    val: text('val'),
    value: text('value'),
    line: text('line'),
    module: text('module'),
    ns: text('ns'),
  };
}

function whereOf(part: Part, around: Place): Omit<Place, 'value'> {
  // The compiler numbers the lines of instructions; of expressions it has another idea.
  const isExpression = part.ns.startsWith('=') || part.role === 'select';
  const line = part.line === '' || isExpression ? around.line : Number(part.line);
  return { module: part.module || around.module, line };
}

function refusalOf({ N, name, C }: Part): string | undefined {
  switch (N) {
    case 'fn':
    case 'ifCall':
      return mayCall(name) ? undefined : shownFunction(name);
    case 'fnRef':
      return mayReferTo(name) ? undefined : shownFunction(name);
    case 'mergeSrc':
      return C.some((child) => partOf(child).role === 'forEachStream')
        ? 'xsl:merge-source with for-each-source'
        : undefined;
    default:
      return REFUSED_INSTRUCTIONS.get(N);
  }
}

/** A call of `setHeader` and its like: the one way to a function of JavaScript. */
function extensionOf({ name, C }: Part): string | undefined {
  if (name !== `Q{${JAVASCRIPT}}call`) return undefined;
  const [target, method] = C.slice(0, 2).map(partOf);
  if (target?.name !== `Q{${JAVASCRIPT}}window` || method?.N !== 'str') return undefined;
  return target.C.length === 0 && EXTENSIONS.has(method.val) ? method.val : undefined;
}

function shownFunction(name: string): string {
  const { uri, local } = splitName(name);
  return uri.startsWith('http://saxonica.com/') ? 'JavaScript' : `${local.slice(0, 100)}()`;
}
