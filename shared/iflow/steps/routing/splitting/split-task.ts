import { type Task, TaskFailure } from '../../../tasks/task.ts';
import { type Body, bodyText } from '../../../exchange.ts';
import { decodeXml } from '../../../xml/decode-xml.ts';
import { XmlError } from '../../../xml/xml-handler.ts';
import type { Pieces } from './pieces.ts';
import { pathOfToken, type SplitPath } from './split-path.ts';
import { splitAtToken, SplitFault, splitLines } from './split-text.ts';
import { splitXml, XML_LIMITS } from './split-xml.ts';

/** A message to cut, and where. */
export interface SplitCall {
  readonly body: Body;
  /** Whether each piece keeps what stands around all of them. */
  readonly envelope: boolean;
  readonly at: SplitPoint;
}

export type SplitPoint =
  { readonly path: SplitPath } | { readonly token: string } | { readonly lines: true };

/** Cuts a message, in time and memory linear in its size. */
export const splitTask: Task<SplitCall, Pieces> = {
  run(call) {
    try {
      return cut(call);
    } catch (error) {
      if (!(error instanceof XmlError) && !(error instanceof SplitFault)) throw error;
      throw new TaskFailure('split', `The message body cannot be split: ${error.message}.`, error);
    }
  },
};

function cut({ body, envelope, at }: SplitCall): Pieces {
  if ('path' in at) return splitXml(decodeXml(body, XML_LIMITS.maxCharacters), at.path, envelope);
  if ('lines' in at) return splitLines(bodyText(body), envelope);
  // Of XML, a token that is a name means the elements of that name.
  const path = pathOfToken(at.token);
  const text = bodyText(body);
  return path !== undefined && /^\uFEFF?\s*</.test(text)
    ? splitXml(decodeXml(body, XML_LIMITS.maxCharacters), path, envelope)
    : splitAtToken(text, at.token);
}
