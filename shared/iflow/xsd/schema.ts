import {
  XmlBufferInputProvider,
  xmlCleanupInputProvider,
  XmlError as LibraryError,
  xmlRegisterInputProvider,
  XmlValidateError,
  XsdValidator,
} from 'libxml2-wasm';
import { readChecked, readWithLibxml2, withoutDeclaration } from '../xml/libxml2.ts';
import type { XmlElement } from '../xml/nodes.ts';
import { readXml, XmlError } from '../xml/read-xml.ts';
import { withFewFindings } from './few-findings.ts';
import { writtenOutSize } from './schema-size.ts';
import { SchemaFault } from './schema-fault.ts';

/** A schema and all files that it may include, by their paths in the bundle. Plain JSON. */
export interface SchemaFiles {
  readonly main: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface Schema {
  /**
   * What of a document does not fit, the first findings of it; none for a valid one.
   * @throws {XmlError} for what is not well-formed, has a document type declaration or is too large.
   */
  validate(text: string): readonly string[];
  /** Gives its memory back, which WebAssembly keeps otherwise. */
  dispose(): void;
}

const LONGEST_FINDING = 500;
export const MAX_DOCUMENT_CHARACTERS = 20 * 1024 * 1024;
const LIMITS = { maxCharacters: MAX_DOCUMENT_CHARACTERS, maxDepth: 250, maxNodes: 2_000_000 };
const SCHEMA_LIMITS = { maxCharacters: 8 * 1024 * 1024, maxDepth: 250, maxNodes: 400_000 };
/** libxml2 writes groups out where they are used, in memory that nothing else bounds. */
const MAX_PARTS = 500_000;
/** What names the files of the bundle for libxml2, which has no other files at all. */
const BASE = 'bundle:/';

/**
 * Looks at a schema of somebody's bundle before it is compiled: libxml2 has no bounds of its own.
 * @throws {SchemaFault}
 */
export function checkSchema({ files }: SchemaFiles): void {
  const roots = Object.entries(files).map(([path, text]) => readFile(path, text));
  if (writtenOutSize(roots) > MAX_PARTS) {
    throw new SchemaFault(
      `its groups and types, written out where they are used, have more than ${MAX_PARTS} parts`,
    );
  }
}

/** Compiles an XML Schema 1.0, one that has been checked, with libxml2. @throws {SchemaFault} */
export function compileSchema({ main, files }: SchemaFiles): Schema {
  const validator = loadSchema(main, files);
  return {
    validate(text) {
      const document = readWithLibxml2(text, LIMITS);
      try {
        withFewFindings(() => validator.validate(document));
        return [];
      } catch (error) {
        if (!(error instanceof LibraryError)) throw error;
        if (!(error instanceof XmlValidateError)) throw new XmlError('libxml2 cannot validate it');
        return error.details.map(findingOf);
      } finally {
        document.dispose();
      }
    },
    dispose: () => validator.dispose(),
  };
}

function loadSchema(main: string, files: SchemaFiles['files']): XsdValidator {
  const source = files[main];
  if (source === undefined) throw new SchemaFault(`there is no file ${main}`);
  // Asked for as they are written, some with their escapes taken off.
  const named = Object.entries(files).flatMap(([path, text]) => {
    const bytes = Buffer.from(withoutDeclaration(text));
    return [path, encodeURI(path)].map((name): [string, Buffer] => [BASE + name, bytes]);
  });
  const provider = new XmlBufferInputProvider(Object.fromEntries(named));
  xmlRegisterInputProvider(provider);
  try {
    const document = readChecked(source, BASE + encodeURI(main));
    try {
      return withFewFindings(() => XsdValidator.fromDoc(document));
    } finally {
      document.dispose();
    }
  } catch (error) {
    if (!(error instanceof LibraryError) && !(error instanceof XmlError)) throw error;
    const finding = 'details' in error ? (error as XmlValidateError).details[0] : undefined;
    throw new SchemaFault(
      finding === undefined
        ? 'it is no XML Schema 1.0 that can be used'
        : `it is no XML Schema 1.0 that can be used: ${findingOf(finding)}`,
    );
  } finally {
    xmlCleanupInputProvider();
  }
}

function readFile(path: string, text: string): XmlElement {
  try {
    return readXml(text, SCHEMA_LIMITS).documentElement;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new SchemaFault(`the file ${path} cannot be read: ${error.message}`);
  }
}

function findingOf({
  message,
  line,
}: {
  readonly message: string;
  readonly line?: number;
}): string {
  const text = message.replace(/\s+/g, ' ').trim().slice(0, LONGEST_FINDING);
  return line === undefined || line === 0 ? text : `line ${line}: ${text}`;
}
