import fontoxpath from 'fontoxpath';
import { asText, ExpressionFailure, MAX_RESULT_CHARACTERS } from './simple.ts';
import { ExpressionFault } from './parse-simple.ts';
import type { XPathBody, XPathExpression } from './xpath.ts';
import { type Body, bodyBytes, type Exchange, type Value } from '../exchange.ts';
import { type XmlDocument, XmlElement, type XmlAttribute, type XmlNode } from '../xml/nodes.ts';
import { readXml, XmlError } from '../xml/read-xml.ts';
import { writeXml } from '../xml/write-xml.ts';

/** Reading XML holds the event loop: this much takes about half a second. */
const LIMITS = { maxCharacters: 10 * 1024 * 1024, maxDepth: 500, maxNodes: 500_000 };

const { evaluateXPath } = fontoxpath;

/** XPath's static errors (XPath 3.1 appendix F): what a message cannot mend. */
const STATIC_ERROR = /XPST\d{4}/;

/**
 * Checks an expression: its grammar, prefixes, functions and variables.
 * @throws {ExpressionFault}
 */
export function compileXPath(
  source: string,
  namespaces: Readonly<Record<string, string>>,
): XPathExpression {
  if (source.trim() === '') throw new ExpressionFault('the XPath is empty');
  // A quoted string is no place for a variable.
  const code = source.replace(/"[^"]*"|'[^']*'/g, "''");
  const names = new Set(
    [...code.matchAll(/\$([\p{L}_][\p{L}\p{N}_.-]*)/gu)].map((m) => m[1] ?? ''),
  );
  const expression = { source, variables: [...names] };
  try {
    const empty = readXml('<empty/>', LIMITS);
    select(expression, empty, namespaces, Object.fromEntries([...names].map((n) => [n, null])));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Dynamic errors speak of the empty document only.
    if (STATIC_ERROR.test(error.message)) {
      throw new ExpressionFault(`the XPath ${shown(source)} is not well-formed or not available`);
    }
  }
  return expression;
}

/** @throws {ExpressionFailure} */
export function readBodyForXPath(exchange: Exchange): XPathBody {
  const document = readBody(exchange.body);
  return {
    evaluate(expression, namespaces, result) {
      const variables = Object.fromEntries(
        expression.variables.map((name) => [name, variable(exchange, name)]),
      );
      let items: unknown[];
      try {
        items = select(expression, document, namespaces, variables);
      } catch (cause) {
        throw new ExpressionFailure(
          `The XPath ${shown(expression.source)} cannot be evaluated on this message.`,
          cause,
        );
      }
      const text =
        result === 'text'
          ? itemText(items[0])
          : itemsXml(result === 'node' ? items.slice(0, 1) : items);
      if (text.length > MAX_RESULT_CHARACTERS) {
        throw new ExpressionFailure(`The XPath ${shown(expression.source)} yields too much text.`);
      }
      return text;
    },
  };
}

function select(
  { source }: XPathExpression,
  document: XmlDocument,
  namespaces: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, unknown>>,
): unknown[] {
  const found: unknown = evaluateXPath(
    source,
    document,
    null,
    variables,
    evaluateXPath.ALL_RESULTS_TYPE,
    {
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

/** As Camel resolves a variable: a header, else a property; an empty sequence where neither is. */
function variable(exchange: Exchange, name: string): Value {
  const value = exchange.headers.get(name) ?? exchange.properties.get(name) ?? null;
  return value !== null && typeof value === 'object' ? asText(value) : value;
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

function itemsXml(items: readonly unknown[]): string {
  return items
    .map((item) => {
      if (!isNode(item) || item.nodeType === 2) return itemText(item);
      return writeXml(item.nodeType === 9 ? item.documentElement : item);
    })
    .join('');
}

function isNode(item: unknown): item is XmlNode | XmlAttribute | XmlDocument {
  return (
    item instanceof XmlElement || (typeof item === 'object' && item !== null && 'nodeType' in item)
  );
}

function readBody(body: Body): XmlDocument {
  try {
    return readXml(typeof body === 'string' ? body : decode(body), LIMITS);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new ExpressionFailure(
      `The message body cannot be read as XML, which an XPath needs: ${error.message}.`,
      error,
    );
  }
}

/** The encoding that the byte order mark or the XML declaration names (XML 1.0 appendix F). */
function decode(body: Uint8Array): string {
  if (body.length > 4 * LIMITS.maxCharacters) {
    throw new XmlError(`it has more than ${LIMITS.maxCharacters} characters`);
  }
  const bytes = Buffer.from(bodyBytes(body));
  const mark = bytes.subarray(0, 2).toString('hex');
  const declared = /^<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']/.exec(
    bytes.subarray(0, 200).toString('latin1'),
  )?.[1];
  const encoding =
    mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : (declared ?? 'utf-8');
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError) && !(cause instanceof RangeError)) throw cause;
    throw new XmlError(`it is not ${encoding} text`);
  }
}

function shown(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
