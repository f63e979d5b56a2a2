import assert from 'node:assert/strict';
import type { Body, Value } from '../../../shared/iflow/exchange.ts';
import type { FlowOutcome } from '../../../shared/iflow/engine.ts';
import {
  type CompiledStylesheet,
  compileStylesheet,
} from '../../../shared/iflow/steps/transformers/xslt/compile-stylesheet.ts';
import type { StylesheetFault } from '../../../shared/iflow/steps/transformers/xslt/modules.ts';
import type { Exchange } from '../../../shared/iflow/exchange.ts';
import { World } from '../../../shared/iflow/steps/transformers/xslt/world.ts';
import { flowBundle, line } from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, runBundle } from '../running.ts';

const FOLDER = 'src/main/resources/';
/** Warm from the second stylesheet on. */
const world = new World();

export interface Stylesheet {
  /** Declarations. */
  readonly top?: string;
  /** 2.0 unless told. */
  readonly version?: string;
  /** Namespace declarations beside those of XSLT and XML Schema. */
  readonly namespaces?: string;
}

/** A stylesheet whose template for the document has this content; it begins in line 4. */
export function stylesheet(
  content: string,
  { top = '', version = '2.0', namespaces = '' }: Stylesheet = {},
): string {
  return `<xsl:stylesheet version="${version}" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:xs="http://www.w3.org/2001/XMLSchema" ${namespaces} exclude-result-prefixes="#all">
${top}
<xsl:template match="/">
${content}
</xsl:template>
</xsl:stylesheet>`;
}

/** The bundle of a flow that maps by `mapping/Map.xsl`. */
export function mappingBundle(
  source: string | Uint8Array,
  properties: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Uint8Array {
  return flowBundle({
    processes: [
      line({
        id: 'Map',
        cname: 'XSLTMapping',
        properties: {
          mappingSource: 'mappingSrcIflow',
          mappinguri: 'dir://mapping/xslt/src/main/resources/mapping/Map.xsl',
          mappingoutputformat: 'String',
          ...properties,
        },
      }),
    ],
    files: { 'mapping/Map.xsl': source, ...files },
  });
}

export interface Given {
  readonly body?: Body;
  readonly headers?: Readonly<Record<string, Value>>;
  readonly properties?: Readonly<Record<string, Value>>;
  /** Of the step. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Deploys a stylesheet in a flow and runs a message through it. */
export async function map(
  source: string | Uint8Array,
  { body = '<order id="7"/>', headers, properties, settings, files }: Given = {},
): Promise<Exchange> {
  const exchange = exchangeOf(body, headers, properties);
  const outcome: FlowOutcome = await runBundle(
    mappingBundle(source, settings, files),
    exchange,
    environmentOf(),
  );
  assert.equal(outcome.status, 'COMPLETED');
  return exchange;
}

/** Compiles a stylesheet without a flow around it. */
export function compile(
  source: string,
  modules: Readonly<Record<string, string | Uint8Array>> = {},
): {
  readonly compiled: CompiledStylesheet | undefined;
  readonly faults: readonly StylesheetFault[];
} {
  const all = new Map(
    Object.entries({ 'mapping/Map.xsl': source, ...modules }).map(([path, content]) => [
      FOLDER + path,
      typeof content === 'string' ? Buffer.from(content) : content,
    ]),
  );
  const faults: StylesheetFault[] = [];
  const files = { paths: [...all.keys()], read: (path: string) => all.get(path) };
  const compiled = compileStylesheet(files, `${FOLDER}mapping/Map.xsl`, world, (fault) =>
    faults.push(fault),
  );
  return { compiled, faults };
}

/** The clauses of what keeps a stylesheet from being compiled. */
export function clauses(
  source: string,
  modules?: Readonly<Record<string, string | Uint8Array>>,
): readonly string[] {
  const { compiled, faults } = compile(source, modules);
  assert.equal(compiled, undefined);
  return faults.map(({ clause }) => clause);
}
