import { ParseOption, XmlDocument, XmlError as LibraryError } from 'libxml2-wasm';
import { parseXml } from './parse-xml.ts';
import { XmlError, type XmlHandler, type XmlLimits } from './xml-handler.ts';

/**
 * Our own reader decides what is XML and how much of it may come: `HUGE` takes libxml2's own bounds
 * away, such as 10 million characters of one text, and `NOERROR` its doubts about namespace names.
 */
const OPTIONS =
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_HUGE |
  ParseOption.XML_PARSE_NOERROR;

const ignoring: XmlHandler = {
  startElement: () => undefined,
  endElement: () => undefined,
  text: () => undefined,
  comment: () => undefined,
  instruction: () => undefined,
};

/** @throws {XmlError} for what {@link parseXml} does not take. */
export function checkXml(text: string, limits: XmlLimits): void {
  parseXml(text, limits, ignoring);
}

/**
 * Reads XML with libxml2, after our own reader: it sees no document type declaration, no entity, and
 * nothing deeper than it can take. The document is to be disposed of.
 * @throws {XmlError}
 */
export function readWithLibxml2(text: string, limits: XmlLimits): XmlDocument {
  checkXml(text, limits);
  return readChecked(text);
}

/**
 * The same for a text that our own reader has read.
 * @param url what names of other files are relative to
 * @throws {XmlError}
 */
export function readChecked(text: string, url?: string): XmlDocument {
  const options = { option: OPTIONS, ...(url === undefined ? {} : { url }) };
  try {
    return XmlDocument.fromString(withoutDeclaration(text), options);
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    throw new XmlError('libxml2 cannot hold it, or does not take its names');
  }
}

/** The text is decoded: what the declaration says of an encoding is not true any more. */
export function withoutDeclaration(text: string): string {
  return text.replace(/^\uFEFF?(?:<\?xml\s[^]*?\?>)?/, '');
}
