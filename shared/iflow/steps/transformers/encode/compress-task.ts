import { gzipSync } from 'node:zlib';
import type { Task } from '../../../tasks/task.ts';
import { deflateEntry, writeZip } from '../../../bundle/zip.ts';
import { type Body, bodyBytes } from '../../../exchange.ts';

export interface CompressCall {
  readonly body: Body;
  /** A zip has one file, of that name. */
  readonly as: { readonly format: 'gzip' } | { readonly format: 'zip'; readonly fileName: string };
}

export const compressTask: Task<CompressCall, Uint8Array> = {
  run({ body, as }) {
    return as.format === 'gzip'
      ? gzipSync(bodyBytes(body))
      : writeZip([deflateEntry(as.fileName, bodyBytes(body))]);
  },
};
