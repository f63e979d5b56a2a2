import type { Body, Value } from '../../../exchange.ts';

/** What is known of a compiled stylesheet beside its text. Plain JSON. */
export interface StylesheetFacts {
  /** File name, for messages. */
  readonly name: string;
  /** Names of the parameters that it declares. */
  readonly parameters: readonly string[];
  /** Whether it asks for headers and properties by names that only it knows. */
  readonly readsExchange: boolean;
  /** Of the bytes of its result. */
  readonly encoding: ResultEncoding;
}

/** What `xsl:output` may name, in lower case. */
export type ResultEncoding = 'utf-8' | 'iso-8859-1' | 'us-ascii' | 'utf-16';

/** A message to transform; the input of the task `xslt`, whose resource is the compiled stylesheet. */
export interface XsltCall {
  readonly body: Body;
  readonly stylesheet: StylesheetFacts;
  /** Values of the parameters that the message has a header or property for. */
  readonly parameters: Readonly<Record<string, Value>>;
  /** Empty unless the stylesheet asks. */
  readonly headers: readonly (readonly [name: string, text: string])[];
  readonly properties: readonly (readonly [name: string, text: string])[];
  readonly result: 'bytes' | 'text';
}

export interface XsltResult {
  readonly body: Body;
  /** What the stylesheet has set, in order. */
  readonly headers: readonly (readonly [name: string, text: string])[];
  readonly properties: readonly (readonly [name: string, text: string])[];
}
