import type { XmlElement, XmlNode } from './nodes.ts';
import { piecewise } from './piecewise.ts';

/** Escapes text that may come to stand in content or in double quotes. */
export function escapeXml(text: string): string {
  return piecewise(text, (piece) =>
    piece
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;'),
  );
}

/** Escapes an element's content so that any reader has the same text. */
export function escapeText(text: string): string {
  return /[&<>\r]/.test(text)
    ? piecewise(text, (piece) =>
        piece
          .replace(/&/g, '&amp;')
          .replace(/</g, '&lt;')
          .replace(/>/g, '&gt;')
          .replace(/\r/g, '&#13;'),
      )
    : text;
}

/** Escapes a value for double quotes; white space as references, which readers leave as it is. */
export function escapeAttribute(value: string): string {
  return /[&<>"\t\n\r]/.test(value)
    ? piecewise(value, (piece) =>
        escapeText(piece).replace(/"/g, '&quot;').replace(/\t/g, '&#9;').replace(/\n/g, '&#10;'),
      )
    : value;
}

/** XML text to stand behind what an element holds. */
export interface Insertion {
  readonly into: XmlElement;
  readonly text: string;
}

/**
 * A node as XML text. An element carries the namespace declarations that its ancestors have given
 * it, so that the text stands on its own.
 */
export function writeXml(node: XmlNode, insertion?: Insertion): string {
  return write(node, node.nodeType === 1 ? inheritedDeclarations(node) : '', insertion);
}

function write(node: XmlNode, inherited: string, insertion?: Insertion): string {
  if (node.nodeType === 3) return escapeText(node.data);
  if (node.nodeType === 8) return `<!--${node.data}-->`;
  if (node.nodeType === 7) return `<?${node.target} ${node.data}?>`;
  const written = node.attributes
    .map((a) => ` ${a.nodeName}="${escapeAttribute(a.value)}"`)
    .join('');
  const start = `<${node.nodeName}${inherited}${written}`;
  const inserted = insertion?.into === node ? insertion.text : '';
  if (node.childNodes.length === 0 && inserted === '') return `${start}/>`;
  const content = node.childNodes.map((child) => write(child, '', insertion)).join('');
  return `${start}>${content}${inserted}</${node.nodeName}>`;
}

function inheritedDeclarations(element: XmlElement): string {
  const seen = new Set(element.attributes.map((a) => a.nodeName));
  let text = '';
  for (let above = element.parentNode; above?.nodeType === 1; above = above.parentNode) {
    for (const { nodeName, prefix, value } of above.attributes) {
      if ((nodeName !== 'xmlns' && prefix !== 'xmlns') || seen.has(nodeName)) continue;
      seen.add(nodeName);
      text += ` ${nodeName}="${escapeAttribute(value)}"`;
    }
  }
  return text;
}
