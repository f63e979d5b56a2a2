import { escapeXml } from '../../../xml/write-xml.ts';
import { DIGESTS, type Hash } from './algorithms.ts';

/** A Reference element (XML Signature section 4.4.3). */
export function reference(
  ds: string,
  digest: Hash,
  of: {
    readonly id: string;
    readonly uri: string;
    readonly type: string;
    readonly transforms: readonly string[];
    readonly digest: string;
  },
): string {
  const attributes = [
    of.id === '' ? '' : ` Id="${of.id}"`,
    ` URI="${escapeXml(of.uri)}"`,
    of.type === '' ? '' : ` Type="${escapeXml(of.type)}"`,
  ].join('');
  const transforms = of.transforms.map((uri) => `<${ds}Transform Algorithm="${uri}"/>`).join('');
  return `<${ds}Reference${attributes}><${ds}Transforms>${transforms}</${ds}Transforms><${ds}DigestMethod Algorithm="${DIGESTS[digest]}"/><${ds}DigestValue>${of.digest}</${ds}DigestValue></${ds}Reference>`;
}
