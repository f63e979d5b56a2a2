import { append, XmlDocument, XmlElement, type XmlNode } from './nodes.ts';
import { parseXml } from './parse-xml.ts';
import type { XmlHandler, XmlLimits } from './xml-handler.ts';

export { XmlError, type XmlLimits } from './xml-handler.ts';

/**
 * Reads XML into a document, by the rules of {@link parseXml}.
 * @throws {XmlError}
 */
export function readXml(text: string, limits: XmlLimits): XmlDocument {
  const document = new XmlDocument();
  let parent: XmlElement | XmlDocument = document;
  const add = (node: XmlNode): void => append(parent, node);
  const builder: XmlHandler = {
    startElement(name, namespaceURI, attributes) {
      const element = new XmlElement(
        name,
        namespaceURI,
        attributes.map(({ nodeName, localName, prefix, namespaceURI: uri, value }) => ({
          nodeType: 2,
          nodeName,
          name: nodeName,
          localName,
          prefix,
          namespaceURI: uri,
          value,
          ownerElement: null,
        })),
      );
      add(element);
      parent = element;
    },
    endElement() {
      if (parent.nodeType === 1 && parent.parentNode !== null) parent = parent.parentNode;
    },
    text(data) {
      const last = parent.lastChild;
      if (last?.nodeType === 3) last.data += data;
      else add({ nodeType: 3, nodeName: '#text', data, ...unlinked() });
    },
    comment: (data) => add({ nodeType: 8, nodeName: '#comment', data, ...unlinked() }),
    instruction: (target, data) =>
      add({ nodeType: 7, nodeName: target, target, data, ...unlinked() }),
  };
  parseXml(text, limits, builder);
  return document;
}

function unlinked(): { parentNode: null; previousSibling: null; nextSibling: null } {
  return { parentNode: null, previousSibling: null, nextSibling: null };
}
