import fontoxpath from 'fontoxpath';
import { boundBuiltins } from './bounded-builtins.ts';
import { indexIn } from './find.ts';
import { ExpressionFailure } from './simple.ts';
import { ExpressionFault, shown } from './expression-fault.ts';
import { parseXPath } from './parse-xpath.ts';
import type { XPathCall, XPathExpression, XPathQuery, XPathResult } from './xpath.ts';
import type { Body } from '../exchange.ts';
import { decodeXml } from '../xml/decode-xml.ts';
import { type XmlDocument, XmlElement, type XmlAttribute, type XmlNode } from '../xml/nodes.ts';
import { readXml, XmlError } from '../xml/read-xml.ts';
import { writeXml } from '../xml/write-xml.ts';

export { ExpressionFailure } from './simple.ts';

/** What a worker thread's memory holds, and reads in about half a second. */
const LIMITS = { maxCharacters: 10 * 1024 * 1024, maxDepth: 500, maxNodes: 500_000 };
/** The longest in the flows that SAP publishes has a few hundred. */
const MAX_SOURCE_CHARACTERS = 4000;
/** Of all results of one call: they are copied out of the worker thread. */
const MAX_RESULT_CHARACTERS = 20 * 1024 * 1024;
/** Expressions that the library keeps compiled; it never lets go of one. */
const MAX_KEPT = 2000;

const { evaluateXPath, parseScript, Language } = fontoxpath;

/** The library offers its parser only together with a tree that it builds. */
const noNode = (): never => ({}) as never;
const nothing = (): void => undefined;
const NO_TREE = {
  createAttributeNS: noNode,
  createCDATASection: noNode,
  createComment: noNode,
  createElementNS: noNode,
  createProcessingInstruction: noNode,
  createTextNode: noNode,
};
const NO_WRITER = {
  insertBefore: nothing,
  removeAttributeNS: nothing,
  removeChild: nothing,
  setAttributeNS: nothing,
  setData: nothing,
};

/**
 * Checks an expression: its grammar, prefixes, functions and variables. Nothing of it is evaluated,
 * since this runs on the event loop; the time it takes is linear in its length.
 * @throws {ExpressionFault}
 */
export function compileXPath(
  source: string,
  namespaces: Readonly<Record<string, string>>,
): XPathExpression {
  if (source.trim() === '') throw new ExpressionFault('the XPath is empty');
  if (source.length > MAX_SOURCE_CHARACTERS) {
    throw new ExpressionFault(`the XPath has more than ${MAX_SOURCE_CHARACTERS} characters`);
  }
  try {
    return checked(parseXPath(source), namespaces);
  } catch (error) {
    const unescaped = source.replace(/&(?:apos|quot|lt|gt);/g, (name) => REFERENCES[name] ?? name);
    if (!(error instanceof ExpressionFault) || unescaped === source) throw error;
    // An & is no sign of XPath: here the file's own escapes were escaped again.
    return compileXPath(unescaped, namespaces);
  }
}

const REFERENCES: Readonly<Record<string, string>> = {
  '&apos;': "'",
  '&quot;': '"',
  '&lt;': '<',
  '&gt;': '>',
};

function checked(
  expression: XPathExpression,
  namespaces: Readonly<Record<string, string>>,
): XPathExpression {
  const { source, bound = {} } = expression;
  const names = [...expression.variables, ...Object.keys(bound)];
  const variables = Object.fromEntries(names.map((name) => [name, null]));
  try {
    // By itself first: only what is an expression is one expression in the parentheses below.
    parseScript(source, { language: Language.XPATH_3_1_LANGUAGE }, NO_TREE, NO_WRITER);
    // The branch that is never taken is checked like any other.
    const guarded = `if (false()) then (${source}\n) else ()`;
    select({ source: guarded, variables }, readXml('<empty/>', LIMITS), namespaces, true);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new ExpressionFault(`the XPath ${shown(source)} is not well-formed or not available`);
  }
  return expression;
}

/**
 * Evaluates the queries of a call, in a worker thread.
 * @returns a text for each that was evaluated.
 * @throws {ExpressionFailure}
 */
export function evaluateQueries(call: XPathCall): string[] {
  const document = readBody(call.body);
  let left = MAX_RESULT_CHARACTERS;
  const texts: string[] = [];
  for (const query of call.queries) {
    const text = onMessage(query, () => {
      const items = select(query, document, call.namespaces, !keep(query.source));
      return resultText(items, query.result, left);
    });
    left -= text.length;
    if (left < 0) throw tooMuchText();
    texts.push(text);
    if (call.untilTrue === true && text === 'true') break;
  }
  return texts;
}

/** The elements that a query means. @throws {ExpressionFailure} */
export function selectElements(
  query: XPathQuery,
  document: XmlDocument,
  namespaces: Readonly<Record<string, string>>,
): XmlElement[] {
  const items = onMessage(query, () => select(query, document, namespaces, !keep(query.source)));
  return items.filter((item) => item instanceof XmlElement);
}

/** Undefined while nothing is evaluated. */
let evaluated: XPathQuery | undefined;
let refusal: ExpressionFailure | undefined;
let isInstalled = false;

/** The worker has other work too, which has bounds of its own. */
function installBounds(): void {
  if (isInstalled) return;
  isInstalled = true;
  boundBuiltins(globalThis, indexIn, {
    maxJoined: MAX_RESULT_CHARACTERS,
    isBound: () => evaluated !== undefined,
    refuse,
  });
}

function onMessage<T>(query: XPathQuery, evaluate: () => T): T {
  evaluated = query;
  installBounds();
  refusal = undefined;
  try {
    return evaluate();
  } catch (cause) {
    throw cause instanceof ExpressionFailure ? cause : cannotBe(query, cause);
  } finally {
    evaluated = undefined;
  }
}

function refuse(): never {
  refusal = new ExpressionFailure(
    `The XPath ${shown(evaluated?.source ?? '')} makes a text or pattern of this message that is too large.`,
  );
  throw refusal;
}

function cannotBe({ source }: XPathQuery, cause: unknown): ExpressionFailure {
  const text = `The XPath ${shown(source)} cannot be evaluated on this message.`;
  // The library makes an error of its own of each.
  return refusal ?? new ExpressionFailure(text, cause);
}

function resultText(items: readonly unknown[], result: XPathResult, most: number): string {
  switch (result) {
    case 'text':
      return itemText(items[0]);
    case 'boolean':
      return String(effectiveBoolean(items));
    case 'node':
      return itemsXml(items.slice(0, 1), most);
    case 'nodes':
      return itemsXml(items, most);
  }
}

/** XPath 2.0 section 2.4.3. */
function effectiveBoolean(items: readonly unknown[]): boolean {
  const [first, second] = items;
  if (first === undefined || isNode(first)) return first !== undefined;
  if (second !== undefined) throw new Error('More than one value is neither true nor false.');
  return Boolean(first);
}

function tooMuchText(): ExpressionFailure {
  return new ExpressionFailure(
    `The XPath expressions of the step yield more than ${MAX_RESULT_CHARACTERS} characters.`,
  );
}

const kept = new Set<string>();

function keep(source: string): boolean {
  if (kept.size < MAX_KEPT) kept.add(source);
  return kept.has(source);
}

function select(
  { source, variables }: Pick<XPathQuery, 'source' | 'variables'>,
  document: XmlDocument,
  namespaces: Readonly<Record<string, string>>,
  disableCache: boolean,
): unknown[] {
  const found: unknown = evaluateXPath(
    source,
    document,
    null,
    variables,
    evaluateXPath.ALL_RESULTS_TYPE,
    {
      disableCache,
      // trace() would write what the message holds to the console.
      logger: { trace: nothing },
      namespaceResolver: (prefix) =>
        prefix === ''
          ? null
          : Object.hasOwn(namespaces, prefix)
            ? (namespaces[prefix] ?? null)
            : null,
    },
  );
  return Array.isArray(found) ? (found as unknown[]) : [found];
}

function itemText(item: unknown): string {
  if (isNode(item)) return nodeText(item);
  // Numbers and booleans print alike in Java, XPath and JavaScript, but for huge figures.
  return item === undefined || item === null ? '' : `${item as string | number | boolean}`;
}

function nodeText(node: XmlNode | XmlAttribute | XmlDocument): string {
  if (node.nodeType === 1) return node.textContent;
  if (node.nodeType === 2) return node.value;
  if (node.nodeType === 9) return node.documentElement.textContent;
  return node.data;
}

function itemsXml(items: readonly unknown[], most: number): string {
  let text = '';
  for (const item of items) {
    text +=
      !isNode(item) || item.nodeType === 2
        ? itemText(item)
        : writeXml(item.nodeType === 9 ? item.documentElement : item);
    if (text.length > most) throw tooMuchText();
  }
  return text;
}

function isNode(item: unknown): item is XmlNode | XmlAttribute | XmlDocument {
  return (
    item instanceof XmlElement || (typeof item === 'object' && item !== null && 'nodeType' in item)
  );
}

function readBody(body: Body): XmlDocument {
  try {
    return readXml(decodeXml(body, LIMITS.maxCharacters), LIMITS);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new ExpressionFailure(
      `The message body cannot be read as XML, which an XPath needs: ${error.message}.`,
      error,
    );
  }
}
