import type { Attachment, Body, PropertyValue, Value } from '../exchange.ts';
import type { FlowServices } from '../services/services.ts';

/** Runs the scripts of one language. Nothing outside `script/` knows which language ran. */
export interface ScriptEngine {
  /**
   * Runs one function of a script on a message. The message is copied in and the result copied
   * out: a script that fails leaves the caller's message as it was, and nothing that a script does
   * is visible to the next run of any script.
   * @throws {ScriptFailure}
   */
  run(call: ScriptCall): Promise<ScriptResult>;
  /** Ends the workers. */
  close(): Promise<void>;
}

export interface ScriptCall {
  /** Identifies the source for the compiled-script cache; a new deployment has a new key. */
  readonly key: string;
  /** File name, for error positions. */
  readonly fileName: string;
  readonly source: string;
  /** `processData` unless the step names another. */
  readonly functionName: string;
  readonly message: ScriptMessage;
  readonly limits: ScriptLimits;
  /** What the script may ask through SAP's `ITApiFactory`. */
  readonly services: FlowServices;
}

export interface ScriptMessage {
  readonly body: Body;
  readonly headers: readonly (readonly [name: string, value: Value])[];
  readonly properties: readonly (readonly [name: string, value: PropertyValue])[];
  readonly attachments: readonly (readonly [name: string, attachment: Attachment])[];
}

export interface ScriptLimits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
}

export interface ScriptResult extends ScriptMessage {
  /** What the script told the message processing log, in order. */
  readonly log: readonly ScriptLogEntry[];
}

export type ScriptLogEntry =
  | { readonly kind: 'customHeader'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'attachment';
      readonly name: string;
      readonly text: string;
      readonly mediaType: string;
    };

/** A script ended without a result. `message` names file and line where they are known. */
export class ScriptFailure extends Error {
  readonly reason:
    'syntax' | 'missing_function' | 'thrown' | 'timeout' | 'memory' | 'invalid_result' | 'busy';
  /** What it has told the message processing log before. */
  readonly log: readonly ScriptLogEntry[];

  constructor(
    reason: ScriptFailure['reason'],
    message: string,
    log: readonly ScriptLogEntry[] = [],
  ) {
    super(message);
    this.name = 'ScriptFailure';
    this.reason = reason;
    this.log = log;
  }
}
