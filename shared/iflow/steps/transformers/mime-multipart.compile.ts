import { compilePattern } from '../../expressions/pattern.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { attempt } from '../attempt.ts';
import type { CompileContext } from '../compiler.ts';
import type { MimeDecodeConfig, MimeEncodeConfig } from './mime-multipart.ts';

/** SAP Help, Define a MIME Multipart Encoder. */
export function compileMimeEncode(
  { properties }: NodeModel,
  context: CompileContext,
): MimeEncodeConfig {
  const subtype = (properties.get('MultipartSubtype') ?? '').trim().toLowerCase() || 'mixed';
  if (!/^[a-z0-9][a-z0-9.+-]{0,60}$/.test(subtype)) {
    context.fault(`makes a multipart of the subtype ${JSON.stringify(subtype.slice(0, 100))}`, {
      property: 'MultipartSubtype',
    });
  }
  const headersInline = properties.get('MultipartAddHeadersInline') === 'true';
  const include = headersInline ? (properties.get('IncludeHeaders') ?? '').trim() : '';
  if (include !== '') {
    attempt(context, 'cannot choose headers: ', () => compilePattern(include), 'IncludeHeaders');
  }
  const foldLongHeaders = properties.get('FoldLongHeaders') === 'true';
  return { subtype, headersInline, include, foldLongHeaders };
}

export function compileMimeDecode({ properties }: NodeModel): MimeDecodeConfig {
  return { headersInline: properties.get('MultipartHeadersInline') === 'true' };
}
