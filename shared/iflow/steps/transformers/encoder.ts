import { base64Decode, base64Encode } from './base64.ts';
import { gzipCompress, gzipDecompress, zipCompress, zipDecompress } from './compression.ts';
import { mimeDecode, mimeEncode } from './mime-multipart.ts';
import type { Step } from '../step.ts';

/** Encoders and decoders, by `encoderType`, which is their step type as well. */
export const encoders: Readonly<Record<string, Step>> = {
  'Base64 Encode': base64Encode,
  'Base64 Decode': base64Decode,
  'GZIP Compress': gzipCompress,
  'GZIP Decompress': gzipDecompress,
  'ZIP Compress': zipCompress,
  'ZIP Decompress': zipDecompress,
  'MIME Multipart Message Encode': mimeEncode,
  'MIME Multipart Message Decode': mimeDecode,
};

export interface EncoderConfig {
  readonly encoder: string;
  readonly config: unknown;
}

/** The form of old exports, whose step type is `Encoder` or `Decoder` for all of them. */
export const encoder: Step = {
  run(exchange, node, context) {
    const { encoder: name, config } = node.config as EncoderConfig;
    const step = encoders[name];
    if (step === undefined) throw new Error(`The compiled flow has an encoder ${name}.`);
    return step.run(exchange, { ...node, config }, context);
  },
};
