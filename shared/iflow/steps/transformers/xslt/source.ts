import type { Body } from '../../../exchange.ts';
import { decodeXml } from '../../../xml/decode-xml.ts';
import { parseXml } from '../../../xml/parse-xml.ts';
import {
  type ParsedAttribute,
  XmlError,
  type XmlHandler,
  type XmlName,
} from '../../../xml/xml-handler.ts';

/** What a worker thread's memory holds as a tree of the processor. */
const LIMITS = { maxCharacters: 10 * 1024 * 1024, maxDepth: 500, maxNodes: 500_000 };
/** Of one element: the processor compares each with all others. */
const MAX_ATTRIBUTES = 500;

/** Of one text or attribute: the processor escapes them one by one, in lists that a worker has to hold. */
const MAX_ESCAPED = 1_500_000;

/** @throws {XmlError} for more signs that have to be escaped than the processor can. */
function escapable(text: string): string {
  if (text.length <= MAX_ESCAPED) return text;
  const signs = /[&<>"\r]/g;
  let count = 0;
  while (signs.test(text)) count += 1;
  if (count <= MAX_ESCAPED) return text;
  throw new XmlError(
    `a text of it has more than ${MAX_ESCAPED} quotes, carriage returns, & < and >`,
  );
}

/** What follows in {@link Source.nodes}; a number from 0 on begins an element of that name. */
export const END = -1;
export const TEXT = -2;
export const COMMENT = -3;
export const INSTRUCTION = -4;

/** A document as a list, in its order, from which the processor's tree is built without parsing. */
export interface Source {
  /** Names of elements and attributes, each once: as written, and its namespace, '' for none. */
  readonly names: readonly (readonly [string, string])[];
  /**
   * An element is its name's place in `names`, the number of its attributes, name and value of each,
   * then what it holds, then END. TEXT and COMMENT are followed by their text, INSTRUCTION by target
   * and text.
   */
  readonly nodes: readonly (number | string)[];
}

/**
 * Reads a body within limits and without a document type declaration: the processor's own reader
 * takes more than its time to do the same.
 * @returns a {@link Source} as JSON: nothing else of it is in memory beside the processor's tree.
 * @throws {XmlError}
 */
export function readSource(body: Body): string {
  const source = new SourceBuilder();
  parseXml(decodeXml(body, LIMITS.maxCharacters), LIMITS, source);
  return JSON.stringify(source satisfies Source);
}

class SourceBuilder implements XmlHandler, Source {
  readonly names: [string, string][] = [];
  readonly nodes: (number | string)[] = [];
  readonly #places = new Map<string, Map<string, number>>();

  startElement(
    { nodeName }: XmlName,
    namespaceURI: string | null,
    attributes: readonly ParsedAttribute[],
  ): void {
    if (attributes.length > MAX_ATTRIBUTES) {
      throw new XmlError(`<${nodeName.slice(0, 100)}> has more than ${MAX_ATTRIBUTES} attributes`);
    }
    this.nodes.push(this.#place(nodeName, namespaceURI), attributes.length);
    for (const attribute of attributes) {
      const { nodeName: name, value } = attribute;
      this.nodes.push(this.#place(name, attribute.namespaceURI));
      // "xml:id Version 1.0" section 4: as the values of IDs are normalised.
      this.nodes.push(
        name === 'xml:id' ? value.replace(/[ \t\r\n]+/g, ' ').trim() : escapable(value),
      );
    }
  }

  endElement(): void {
    this.nodes.push(END);
  }

  text(data: string): void {
    // Beside a CDATA section: one text for XSLT.
    if (this.nodes.at(-2) === TEXT) this.nodes.push(escapable(`${this.nodes.pop() ?? ''}${data}`));
    else this.nodes.push(TEXT, escapable(data));
  }

  comment(data: string): void {
    this.nodes.push(COMMENT, data);
  }

  instruction(target: string, data: string): void {
    this.nodes.push(INSTRUCTION, target, data);
  }

  #place(name: string, namespaceURI: string | null): number {
    const namespace = namespaceURI ?? '';
    let ofNamespace = this.#places.get(namespace);
    if (ofNamespace === undefined)
      this.#places.set(namespace, (ofNamespace = new Map<string, number>()));
    let place = ofNamespace.get(name);
    if (place === undefined) {
      place = this.names.push([name, namespace]) - 1;
      ofNamespace.set(name, place);
    }
    return place;
  }
}
