import {
  type C14NOptions,
  XmlAttribute,
  type XmlDocument,
  type XmlElement,
  XmlError as LibraryError,
  type XmlNode,
  type XmlOutputBufferHandler,
} from 'libxml2-wasm';
import { GrowingText } from '../../../large-text.ts';
import { TaskFailure } from '../../../tasks/task.ts';
import { isNcName } from '../../../xml/characters.ts';
import { readChecked } from '../../../xml/libxml2.ts';

/** Works with a document that `checkXml` has let pass. @throws {TaskFailure} */
export function withDocument<T>(text: string, work: (document: XmlDocument) => T): T {
  const document = readChecked(text);
  try {
    return work(document);
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    // Canonical XML 1.0 section 1.3 has no canonical form for relative namespace names.
    throw new TaskFailure(
      'xml',
      'The body to sign has no canonical form: a namespace of it may be relative, or no URI.',
      error,
    );
  } finally {
    document.dispose();
  }
}

/**
 * Whether an XPath is one that {@link select} runs, as far as a document without anything tells: a
 * function that is not there is met where it is called.
 */
export function canSelect(path: string, namespaces: Readonly<Record<string, string>>): boolean {
  try {
    withDocument('<none/>', (document) => select(document, path, namespaces));
    return true;
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    return false;
  }
}

/** The first node that an XPath selects. @throws {TaskFailure} */
export function select(
  document: XmlDocument,
  path: string,
  namespaces: Readonly<Record<string, string>>,
): XmlNode | null {
  try {
    return document.get(path, { ...namespaces });
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    const text = `The XPath ${shown(path)} cannot be run: it must be XPath 1.0, and select nodes.`;
    throw new TaskFailure('xpath', text, error);
  }
}

/** The element that an ID attribute names: who verifies has only the ID to find it by. @throws {TaskFailure} */
export function signedBy(
  document: XmlDocument,
  path: string,
  namespaces: Readonly<Record<string, string>>,
): { readonly id: string; readonly signed: XmlElement; readonly parent: XmlElement } {
  const id = select(document, path, namespaces);
  const signed = id instanceof XmlAttribute ? id.parent : null;
  if (!(id instanceof XmlAttribute) || signed === null) {
    throw notFound(`has no attribute ${shown(path)} that names an element to sign`);
  }
  if (!isNcName(id.value)) throw notFound(`has an attribute ${shown(path)} that is no ID`);
  const named = document.find(`//@*[local-name()="${id.name}" and .="${id.value}"]`);
  if (named.length > 1) {
    throw notFound(`has several elements with the ID that ${shown(path)} names`);
  }
  const { parent } = signed;
  if (parent === null) throw notFound('would get its signature next to its root element');
  return { id: id.value, signed, parent };
}

/** What libxml2 writes: as one text of its own it would be in the heap of a worker, more than once. */
class Written implements XmlOutputBufferHandler {
  readonly #text = new GrowingText();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  write(bytes: Uint8Array): number {
    this.#text.write(this.#decoder.decode(bytes, { stream: true }));
    return bytes.byteLength;
  }

  close(): boolean {
    return true;
  }

  text(): string {
    return this.#text.text();
  }
}

export function written(document: XmlDocument): string {
  const output = new Written();
  document.save(output, { encoding: 'utf-8', format: false, noDeclaration: true });
  return output.text().trimEnd();
}

export function canonical(node: XmlDocument | XmlNode, options: C14NOptions): string {
  const output = new Written();
  node.canonicalize(output, options);
  return output.text();
}

export function shown(path: string): string {
  return path.slice(0, 200);
}

export function notFound(clause: string): TaskFailure {
  return new TaskFailure('nothing_to_sign', `The body ${clause}.`);
}
