import type { RequestName, ResponseName } from './schemas.ts';

export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete';

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly description: string;
  readonly required?: boolean;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** One operation in few words; `document.ts` makes OpenAPI of it. */
export interface Operation {
  readonly summary: string;
  readonly description?: string;
  /**
   * Who may call: anybody, a client by its credentials, a token for iFlows, for management, or for
   * the registration of clients.
   */
  readonly access: 'public' | 'client' | 'runtime' | 'management' | 'registration';
  /** Beside those of the path. */
  readonly parameters?: readonly Parameter[];
  readonly request?: {
    readonly schema: RequestName;
    readonly mediaTypes: readonly string[];
    readonly required: boolean;
    readonly example: unknown;
  };
  readonly answers: Readonly<Record<number, Answer>>;
}

export interface Answer {
  readonly description: string;
  /** Left out for an answer without a body, and for one whose body is the iFlow's. */
  readonly schema?: ResponseName;
  readonly mediaType?: string;
  /** Text of another media type that Accept may ask for. */
  readonly textAs?: { readonly mediaType: string; readonly description: string };
  /** Response headers by name, each with what it tells. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly example?: unknown;
}

export type Paths = Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>;

export function query(name: string, description: string, schema: object = {}): Parameter {
  return { name, in: 'query', description, schema: { type: 'string', ...schema } };
}

export function header(name: string, description: string, required = false): Parameter {
  return { name, in: 'header', description, required, schema: { type: 'string' } };
}
