import { flowBundle, line, type NodeDescription } from '../../../test/support/flow-bundle.ts';
import { INVOICES } from './orders.ts';

const JSON_TO_XML: NodeDescription = {
  id: 'ToXml',
  cname: 'JsonToXmlConverter',
  properties: { useNamespaces: 'false', addXMLRootElement: 'false' },
};

const MAPPING: NodeDescription = {
  id: 'Mapping',
  cname: 'XSLTMapping',
  properties: {
    mappinguri: 'dir://mapping/xslt/src/main/resources/mapping/Invoices.xsl',
    mappingSource: 'mappingSrcIflow',
    mappingoutputformat: 'Bytes',
  },
};

const SPLITTER: NodeDescription = {
  id: 'Splitter',
  cname: 'GeneralSplitter',
  properties: { exprType: 'XPath', splitExprValue: '/orders/order', Streaming: 'true' },
};

/** Each message begins with the XML declaration, 38 characters, which cannot stand inside of an element. */
const NUMBER: NodeDescription = {
  id: 'Number',
  cname: 'Enricher',
  properties: {
    bodyType: 'expression',
    wrapContent: '<line number="${property.CamelSplitIndex}">${in.body.substring(38)}</line>',
  },
};

const GATHER: NodeDescription = {
  id: 'Gather',
  cname: 'Gather',
  properties: { aggregationAlgorithm: 'sap-identical-multi-mapping' },
};

/** The flows by their addresses, as a tenant would export them. */
export const orderBundles = {
  'json-to-xml': (): Uint8Array => bundle('json-to-xml', [JSON_TO_XML]),
  invoices: (): Uint8Array =>
    bundle('invoices', [JSON_TO_XML, MAPPING], { 'mapping/Invoices.xsl': INVOICES }),
  numbered: (): Uint8Array => bundle('numbered', [SPLITTER, NUMBER, GATHER]),
};

function bundle(
  id: string,
  nodes: readonly NodeDescription[],
  files: Readonly<Record<string, string>> = {},
): Uint8Array {
  return flowBundle({
    id,
    senders: [
      { adapter: 'HTTPS', to: 'Start_1', properties: { urlPath: `/${id}`, xsrfProtection: '0' } },
    ],
    processes: [line(...nodes)],
    files,
  });
}
