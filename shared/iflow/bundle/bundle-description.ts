/** A small iFlow in plain words: an HTTPS sender and a line of steps. */
export interface BundleDescription {
  readonly id: string;
  readonly name: string;
  /** 1.0.0 unless told. */
  readonly version?: string;
  readonly description?: string;
  /** Attributes of the manifest beside those that every bundle has. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Left out, the flow has no sender. */
  readonly address?: string;
  /** ESBMessaging.send unless told. */
  readonly userRole?: string;
  /** false unless told. */
  readonly csrfProtected?: boolean;
  /** Megabytes; 40 unless told. */
  readonly maximumBodySize?: number;
  /** Pipe-separated, as in SAP's editor. */
  readonly allowedHeaders?: string;
  readonly returnExceptionToSender?: boolean;
  /** `xmlns:p=uri;xmlns:q=uri`. */
  readonly namespaceMapping?: string;
  /** Values of externalised parameters, which the texts above and below use as `{{name}}`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly steps: readonly StepDescription[];
}

export type StepDescription =
  | {
      readonly type: 'script';
      readonly name: string;
      readonly fileName: string;
      readonly source: string;
      readonly functionName?: string;
    }
  | {
      readonly type: 'contentModifier';
      readonly name: string;
      readonly headers?: readonly RowDescription[];
      readonly properties?: readonly RowDescription[];
      readonly body?: { readonly type: 'constant' | 'expression'; readonly content: string };
    }
  | {
      readonly type: 'requestReply';
      readonly name: string;
      readonly receiver: {
        /** Such as `HTTP`. */
        readonly adapter: string;
        /** Of the system that is called. */
        readonly name: string;
        /** Of the channel, in SAP's words. */
        readonly properties: Readonly<Record<string, string>>;
      };
    }
  | {
      readonly type: 'raw';
      readonly name: string;
      readonly cname: string;
      readonly properties: Readonly<Record<string, string>>;
    };

/** A row of a content modifier's header or property table. */
export interface RowDescription {
  /** Create unless told. */
  readonly action?: 'Create' | 'Delete';
  readonly name: string;
  /** constant unless told. */
  readonly type?: string;
  readonly value?: string;
  readonly dataType?: string;
  readonly default?: string;
}
