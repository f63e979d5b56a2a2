import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext, StepCompiler } from '../compiler.ts';
import type { EncoderConfig } from './encoder.ts';
import { compileMimeDecode, compileMimeEncode } from './mime-multipart.compile.ts';

const nothing = (): null => null;

/** What compiles an encoder or decoder, by its step type; `encoder.ts` has the same keys. */
export const encoderCompilers: Readonly<Record<string, StepCompiler>> = {
  'Base64 Encode': nothing,
  'Base64 Decode': nothing,
  'GZIP Compress': nothing,
  'GZIP Decompress': nothing,
  'ZIP Compress': nothing,
  'ZIP Decompress': nothing,
  'MIME Multipart Message Encode': compileMimeEncode,
  'MIME Multipart Message Decode': compileMimeDecode,
};

/** Compiles the form of old exports, which says in `encoderType` what it is. */
export function compileEncoder(node: NodeModel, context: CompileContext): EncoderConfig | null {
  const encoder = node.properties.get('encoderType') ?? '';
  const compile = Object.hasOwn(encoderCompilers, encoder) ? encoderCompilers[encoder] : undefined;
  if (compile !== undefined) return { encoder, config: compile(node, context) };
  const shown = JSON.stringify(encoder.slice(0, 100));
  context.fault(`encodes by ${shown}, which is not available yet`, {
    kind: 'missing',
    capability: `step ${node.cname} with ${shown}`,
  });
  return null;
}
