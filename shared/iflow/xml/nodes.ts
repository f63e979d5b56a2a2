/**
 * An XML document in memory: what XPath needs of the DOM (property names are the DOM's, since the
 * XPath engine reads them) and nothing that would let it change.
 */
export type XmlNode = XmlElement | XmlText | XmlComment | XmlInstruction;

interface Linked {
  parentNode: XmlElement | XmlDocument | null;
  previousSibling: XmlNode | null;
  nextSibling: XmlNode | null;
}

export interface XmlAttribute {
  readonly nodeType: 2;
  readonly nodeName: string;
  readonly name: string;
  readonly localName: string;
  readonly prefix: string | null;
  readonly namespaceURI: string | null;
  readonly value: string;
  ownerElement: XmlElement | null;
}

export interface XmlText extends Linked {
  readonly nodeType: 3;
  readonly nodeName: '#text';
  data: string;
}

export interface XmlComment extends Linked {
  readonly nodeType: 8;
  readonly nodeName: '#comment';
  readonly data: string;
}

export interface XmlInstruction extends Linked {
  readonly nodeType: 7;
  readonly nodeName: string;
  readonly target: string;
  readonly data: string;
}

abstract class XmlParent {
  readonly childNodes: XmlNode[] = [];

  get firstChild(): XmlNode | null {
    return this.childNodes[0] ?? null;
  }

  get lastChild(): XmlNode | null {
    return this.childNodes.at(-1) ?? null;
  }

  /** The child elements, in any namespace unless one is given. */
  elements(localName?: string, namespaceURI?: string): XmlElement[] {
    return this.childNodes.filter(
      (node): node is XmlElement =>
        node.nodeType === 1 &&
        (localName === undefined || node.localName === localName) &&
        (namespaceURI === undefined || node.namespaceURI === namespaceURI),
    );
  }
}

export class XmlElement extends XmlParent implements Linked {
  readonly nodeType = 1;
  readonly nodeName: string;
  readonly localName: string;
  readonly prefix: string | null;
  readonly namespaceURI: string | null;
  readonly attributes: readonly XmlAttribute[];
  parentNode: XmlElement | XmlDocument | null = null;
  previousSibling: XmlNode | null = null;
  nextSibling: XmlNode | null = null;

  constructor(
    name: { nodeName: string; localName: string; prefix: string | null },
    namespaceURI: string | null,
    attributes: readonly XmlAttribute[],
  ) {
    super();
    this.nodeName = name.nodeName;
    this.localName = name.localName;
    this.prefix = name.prefix;
    this.namespaceURI = namespaceURI;
    this.attributes = attributes;
    for (const attribute of attributes) attribute.ownerElement = this;
  }

  /** An attribute's value by its name as written; '' when it is absent. */
  attribute(nodeName: string): string {
    return this.attributes.find((a) => a.nodeName === nodeName)?.value ?? '';
  }

  /** All text below, as XPath's string() gives it. */
  get textContent(): string {
    let text = '';
    for (const child of this.childNodes) {
      if (child.nodeType === 3) text += child.data;
      else if (child.nodeType === 1) text += child.textContent;
    }
    return text;
  }
}

export class XmlDocument extends XmlParent {
  readonly nodeType = 9;
  readonly nodeName = '#document';

  get documentElement(): XmlElement {
    const root = this.elements()[0];
    if (root === undefined) throw new Error('A document that was read has a root element.');
    return root;
  }
}

export function append(parent: XmlElement | XmlDocument, child: XmlNode): void {
  const last = parent.childNodes.at(-1) ?? null;
  child.parentNode = parent;
  child.previousSibling = last;
  if (last !== null) last.nextSibling = child;
  parent.childNodes.push(child);
}
