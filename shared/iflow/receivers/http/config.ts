import type { Template } from '../../expressions/simple.ts';

/** What an HTTP receiver channel is compiled to; plain JSON. */
export interface HttpConfig {
  readonly address: Template;
  readonly query: Template;
  /** Upper case; or an expression that names it. */
  readonly method: string | { readonly expression: Template };
  /** Whether methods that have no body by themselves are sent with one. */
  readonly sendBody: boolean;
  readonly authentication: Authentication;
  readonly timeoutMs: number;
  readonly throwOnFailure: boolean;
  readonly requestHeaders: HeaderList;
  readonly responseHeaders: HeaderList;
  readonly retry: RetryRule | null;
}

export type Authentication =
  | { readonly method: 'None' }
  | { readonly method: 'Basic' | 'OAuth2 Client Credentials'; readonly credential: Template }
  | { readonly method: 'Client Certificate'; readonly alias: Template };

/** Header names: all, those in lower case, or those that an expression lists. */
export type HeaderList =
  | { readonly all: true }
  | { readonly names: readonly string[] }
  | { readonly expression: Template };

export interface RetryRule {
  /** Answers that are tried again. */
  readonly statuses: readonly number[];
  /** Whether a connection that cannot be made is tried again. */
  readonly connection: boolean;
  /** Java classes of failures that are tried again; null for none, empty for all. */
  readonly exceptions: readonly string[] | null;
  readonly iterations: number;
  readonly intervalMs: number;
}
