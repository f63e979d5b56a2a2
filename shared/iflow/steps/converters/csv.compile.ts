import type { NodeModel } from '../../model/flow-model.ts';
import { SchemaFault } from '../../xsd/schema-fault.ts';
import { readSchemaFiles } from '../../xsd/schema-files.ts';
import { SchemaElements } from '../../xsd/schema-elements.ts';
import type { CompileContext } from '../compiler.ts';

/** The character that separates fields, of both CSV converters. */
export function compileFieldSeparator({ properties }: NodeModel, context: CompileContext): string {
  const property = 'Field_Separator_in_CSV';
  const written = properties.get(property) ?? '';
  const separator = written === '' ? ',' : written === '\\t' ? '\t' : written;
  if (separator.length !== 1 || /["\r\n]/.test(separator)) {
    context.fault(
      `separates fields by ${JSON.stringify(written.slice(0, 100))}; it must be one character, and neither a quote nor a line end`,
      { property },
    );
  }
  return separator;
}

/** Whether a setting's value is worked out for each message, which only some settings can be. */
export function isDynamic(value: string): boolean {
  return value.includes('${') || value.startsWith('pd:');
}

/** The elements of the schema that the step names; undefined where that is told as a fault. */
export function compileSchema(
  { properties }: NodeModel,
  context: CompileContext,
  converter: string,
): SchemaElements | undefined {
  const property = 'XML_Schema_File_Path';
  const path = (properties.get(property) ?? '').trim();
  if (path === '') {
    context.fault('names no XML schema', { property });
    return undefined;
  }
  if (isDynamic(path)) {
    context.fault(
      'takes its XML schema from a header, a property or the partner directory, which is not available yet; name a schema of the iFlow',
      { kind: 'missing', capability: `${converter} with a schema by expression` },
    );
    return undefined;
  }
  return withSchema(
    context,
    property,
    () =>
      new SchemaElements(readSchemaFiles(path, (file, limit) => context.bundle.read(file, limit))),
  );
}

/** Tells what is wrong with a schema as a fault of the step. */
export function withSchema<T>(
  context: CompileContext,
  property: string,
  use: () => T,
): T | undefined {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof SchemaFault)) throw error;
    context.fault(error.message, error.isAbsent ? { kind: 'reference', property } : { property });
    return undefined;
  }
}
