import { unixLines } from './lines.ts';
import { parseXml } from './parse-xml.ts';
import type { XmlLimits } from './xml-handler.ts';

/** The text of the root element, as it stands in the document. @throws {XmlError} */
export function rootText(text: string, limits: XmlLimits): string {
  const source = unixLines(text);
  let depth = 0;
  let from = 0;
  let to = 0;
  parseXml(source, limits, {
    startElement(_, __, ___, start) {
      if (depth === 0) from = start;
      depth += 1;
    },
    endElement(_, end) {
      depth -= 1;
      if (depth === 0) to = end;
    },
    text: nothing,
    comment: nothing,
    instruction: nothing,
  });
  return source.slice(from, to);
}

function nothing(): void {
  // It is copied with the element that it stands in.
}
