import { TaskFailure } from '../../../tasks/task.ts';
import { bodyText } from '../../../exchange.ts';
import { decodeXml } from '../../../xml/decode-xml.ts';
import { XmlError } from '../../../xml/xml-handler.ts';
import type { JoinedBodies } from './joined-bodies.ts';

/**
 * Does something with the XML of each body.
 * @param tell makes the failure of a body that cannot be read.
 * @throws {TaskFailure}
 */
export function readBodies<T>(
  { body, parts }: JoinedBodies,
  maxCharacters: number,
  read: (text: string) => T,
  tell = (index: number, why: string): TaskFailure =>
    new TaskFailure(
      'gather',
      `The messages cannot be combined: number ${index + 1} of ${parts.length} cannot be read as XML: ${why}.`,
    ),
): T[] {
  let from = 0;
  return parts.map(({ length, isText }, index) => {
    const to = from + length;
    const part = typeof body === 'string' ? body.slice(from, to) : body.subarray(from, to);
    from = to;
    try {
      return read(isText ? bodyText(part) : decodeXml(part, maxCharacters));
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      throw tell(index, error.message);
    }
  });
}
