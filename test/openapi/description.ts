import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..');

export interface Media {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly example?: unknown;
}
type Content = Readonly<Record<string, Media>>;
export interface DescribedResponse {
  readonly $ref?: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, unknown>>;
}
export interface DescribedOperation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, DescribedResponse>>;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, DescribedResponse>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

/** docs/openapi.json as it is committed. */
export const committed = readFileSync(join(root, 'docs', 'openapi.json'), 'utf8');
export const description = JSON.parse(committed) as Description;

/** Follows a reference to `components/responses`. */
export function responseOf(response: DescribedResponse): DescribedResponse {
  if (response.$ref === undefined) return response;
  const found = description.components.responses[response.$ref.split('/').at(-1) ?? ''];
  if (found === undefined) throw new Error(`Nothing is at ${response.$ref}`);
  return found;
}

/** The schema as something that can judge values; only what the committed file says counts. */
export function schemaOf(media: Media): z.ZodType {
  const whole = { ...media.schema, $defs: description.components.schemas };
  const local = JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/');
  return z.fromJSONSchema(JSON.parse(local) as z.core.JSONSchema.JSONSchema);
}

/** Why the value is not as the schema says; undefined if it is. */
export function faultIn(media: Media, value: unknown): string | undefined {
  const judged = schemaOf(media).safeParse(value);
  return judged.success ? undefined : z.prettifyError(judged.error);
}
