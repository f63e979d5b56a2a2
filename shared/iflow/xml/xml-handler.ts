export interface XmlLimits {
  readonly maxCharacters: number;
  /** Elements inside each other. */
  readonly maxDepth: number;
  /** Elements, attributes, texts, comments and instructions together. */
  readonly maxNodes: number;
}

/** Text that is not well-formed XML, or more of it than allowed. `message` is a clause with the line. */
export class XmlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'XmlError';
  }
}

export interface XmlName {
  readonly nodeName: string;
  readonly localName: string;
  readonly prefix: string | null;
}

export interface ParsedAttribute extends XmlName {
  readonly namespaceURI: string | null;
  readonly value: string;
}

/**
 * Takes what is read, in the order of the document. Places are those of the text as `unixLines` gives
 * it; `to` is behind the last character.
 */
export interface XmlHandler {
  /** Namespace declarations are among the attributes, in {@link XMLNS_NAMESPACE}. */
  startElement(
    name: XmlName,
    namespaceURI: string | null,
    attributes: readonly ParsedAttribute[],
    from: number,
    to: number,
  ): void;
  /** From and to where its end tag stands; both at the end of an empty element's tag. */
  endElement(from: number, to: number): void;
  /** One run of text may come in several pieces; none of them is empty. */
  text(data: string): void;
  comment(data: string): void;
  instruction(target: string, data: string): void;
}

export const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';
