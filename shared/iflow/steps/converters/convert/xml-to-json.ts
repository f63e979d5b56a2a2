import { parseXml } from '../../../xml/parse-xml.ts';
import { GatheringWriter } from './gathering-writer.ts';
import { MemberNames, type NameSettings } from './member-names.ts';
import { StreamingWriter } from './streaming-writer.ts';

export interface XmlToJsonSettings extends NameSettings {
  readonly suppressRoot: boolean;
  /** Undefined: not streaming. Else which elements become arrays, by their path of member names. */
  readonly arrays?: 'all' | readonly string[];
}

/** As long as a body can be. */
export const MAX_XML_CHARACTERS = 100 * 1024 * 1024;
const LIMITS = {
  maxCharacters: MAX_XML_CHARACTERS,
  maxDepth: 500,
  maxNodes: 10_000_000,
};

/**
 * Converts XML to JSON (SAP Help, Conversion Rules for XML to JSON Conversion). Without streaming,
 * siblings of one name are gathered into an array; with streaming, only the elements that the
 * settings name become arrays, and a name that comes back later is written a second time.
 * @throws {XmlError} with a clause about the XML.
 */
export function xmlToJson(xml: string, settings: XmlToJsonSettings): string {
  const { suppressRoot, arrays } = settings;
  const names = new MemberNames(settings, arrays !== undefined);
  const writer =
    arrays === undefined
      ? new GatheringWriter(names, suppressRoot)
      : new StreamingWriter(names, suppressRoot, arrays);
  parseXml(xml, LIMITS, writer);
  return writer.json();
}
