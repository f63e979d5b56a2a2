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

/**
 * A body as XML that the processor's own reader cannot trip over: read here, within limits and
 * without a document type declaration, and written anew with nothing but elements, attributes, plain
 * texts, comments and instructions.
 * @throws {XmlError}
 */
export function safeSource(body: Body): string {
  const writer = new SourceWriter();
  parseXml(decodeXml(body, LIMITS.maxCharacters), LIMITS, writer);
  return writer.xml;
}

class SourceWriter implements XmlHandler {
  xml = '';
  readonly #open: string[] = [];

  startElement(
    { nodeName }: XmlName,
    _: string | null,
    attributes: readonly ParsedAttribute[],
  ): void {
    if (attributes.length > MAX_ATTRIBUTES) {
      throw new XmlError(`<${nodeName.slice(0, 100)}> has more than ${MAX_ATTRIBUTES} attributes`);
    }
    this.xml += `<${nodeName}`;
    for (const { nodeName: name, value } of attributes) {
      this.xml += ` ${name}="${escape(value, /[&<"\t\n\r]/g)}"`;
    }
    this.xml += '>';
    this.#open.push(nodeName);
  }

  endElement(): void {
    this.xml += `</${this.#open.pop() ?? ''}>`;
  }

  text(data: string): void {
    this.xml += escape(data, /[&<>\r]/g);
  }

  comment(data: string): void {
    this.xml += `<!--${data}-->`;
  }

  instruction(target: string, data: string): void {
    this.xml += data === '' ? `<?${target}?>` : `<?${target} ${data}?>`;
  }
}

function escape(text: string, signs: RegExp): string {
  return text.replace(signs, (sign) => `&#${sign.charCodeAt(0)};`);
}
