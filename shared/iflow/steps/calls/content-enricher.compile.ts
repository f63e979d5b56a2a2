import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';
import { compilePath, type PathStep } from '../converters/element-path.compile.ts';
import type { ContentEnricherConfig } from './content-enricher.ts';
import type { Aggregation } from './enriching/enrich-task.ts';
import type { KeyedPath } from './enriching/keyed-nodes.ts';
import { compileCall } from './request-reply.compile.ts';

/** SAP Help, Define Content Enricher. */
export function compileContentEnricher(
  node: NodeModel,
  context: CompileContext,
): ContentEnricherConfig | null {
  const call = compileCall(node, context);
  const aggregation = compileAggregation(node, context);
  return call === null || aggregation === null ? null : { ...call, aggregation };
}

function compileAggregation(node: NodeModel, context: CompileContext): Aggregation | null {
  const type = node.properties.get('enrichmentType') ?? '';
  switch (type) {
    case 'multiMappingAggregation':
      return { strategy: 'combine' };
    case 'xmlLookupAggregation': {
      const original = compileKeyedPath('original', node, context);
      const lookup = compileKeyedPath('resource', node, context);
      return original === null || lookup === null ? null : { strategy: 'enrich', original, lookup };
    }
    default: {
      const shown = JSON.stringify(type.slice(0, 100));
      context.fault(`combines messages by ${shown}, which is not available yet`, {
        kind: 'missing',
        capability: `step contentEnricherWithLookup with ${shown}`,
        property: 'enrichmentType',
      });
      return null;
    }
  }
}

const MESSAGES = { original: 'Original Message', resource: 'Lookup Message' };

function compileKeyedPath(
  message: keyof typeof MESSAGES,
  { properties }: NodeModel,
  context: CompileContext,
): KeyedPath | null {
  const compile = (setting: string, property: string): readonly PathStep[] | undefined =>
    compilePath(properties.get(property) ?? '', property, {
      ...context,
      fault: (clause, about) => {
        const where = `${setting} of the ${MESSAGES[message]}`;
        context.fault(`has a ${where} that cannot be used: it ${clause}`, about);
      },
    });
  const node = compile('Path to Node', `${message}MessageNodePath`);
  const key = compile('Key Element', `${message}MessageKeyElement`);
  return node === undefined || key === undefined ? null : { node, key };
}
