import { TaskFailure } from '../apart/apart.ts';
import type { Task } from '../apart/task.ts';
import { readXml, XmlError } from '../xml/read-xml.ts';

export interface StoredMessages {
  /** All bodies, one after the other. */
  readonly body: string;
  readonly messages: readonly { readonly id: string; readonly length: number }[];
}

/** What one worker thread's memory holds. */
const LIMITS = { maxCharacters: 40 * 1024 * 1024, maxDepth: 500, maxNodes: 2_000_000 };

/** The document that a Select yields (SAP Help, Define Data Store Select Operations). */
export const storedMessagesTask: Task<StoredMessages, string> = {
  run({ body, messages }) {
    const lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<messages>'];
    let at = 0;
    for (const { id, length } of messages) {
      const content = withoutDeclaration(body.slice(at, at + length), id);
      lines.push(`<message id="${attributeText(id)}">${content}</message>`);
      at += length;
    }
    lines.push('</messages>');
    return lines.join('\n');
  },
};

/** @throws {TaskFailure} for what is not XML by itself, and would not be within the document. */
function withoutDeclaration(content: string, id: string): string {
  try {
    readXml(content, LIMITS);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    const text = `The data store entry ${JSON.stringify(id.slice(0, 100))} cannot be read as XML, which a Select needs: ${error.message}.`;
    throw new TaskFailure('not_xml', text, error);
  }
  return content.replace(/^\uFEFF?(?:<\?xml[ \t\r\n][\s\S]*?\?>\s*)?/, '');
}

// XML 1.0 section 2.2: characters that no document may have.
const FORBIDDEN = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Surrogate}/gu;

/** Section 3.3.3: line ends and tabs would be read as spaces. */
function attributeText(text: string): string {
  return text
    .replace(FORBIDDEN, '\uFFFD')
    .replace(/[&<"\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
