import { compileXPath } from '../../expressions/xpath-engine.ts';
import type { XPathExpression } from '../../expressions/xpath.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { attempt } from '../attempt.ts';
import type { CompileContext } from '../compiler.ts';
import type { GatherConfig } from './gathered-messages.ts';

export function compileGather(node: NodeModel, context: CompileContext): GatherConfig | null {
  const algorithm = node.properties.get('aggregationAlgorithm') ?? '';
  switch (algorithm) {
    case 'sap-identical-multi-mapping':
      return { strategy: 'combine', format: 'same' };
    case 'sap-pi-multi-mapping':
      return { strategy: 'combine', format: 'different' };
    case 'concatenate-strategy':
      return { strategy: 'concatenate' };
    case 'xpath-merge-strategy':
      return compileMerge(node, context);
    default: {
      const shown = JSON.stringify(algorithm.slice(0, 100));
      context.fault(`combines messages by ${shown}, which is not available yet`, {
        kind: 'missing',
        capability: `step Gather with ${shown}`,
        property: 'aggregationAlgorithm',
      });
      return null;
    }
  }
}

function compileMerge(node: NodeModel, context: CompileContext): GatherConfig | null {
  const compile = (key: string): XPathExpression | undefined => {
    const written = node.properties.get(key) ?? '';
    const clause = 'cannot combine messages: ';
    return attempt(context, clause, () => compileXPath(written, context.namespaces), key);
  };
  const source = compile('sourceXPath');
  if ((node.properties.get('targetXPath') ?? '').trim() === '') {
    return source === undefined ? null : { strategy: 'merge', source };
  }
  const target = compile('targetXPath');
  if (source === undefined || target === undefined) return null;
  return { strategy: 'merge', source, target };
}
