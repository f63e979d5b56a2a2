/**
 * A compiled flow: what deploying a bundle makes, and all that running it needs. Plain JSON, so that
 * it is stored as one blob and a cold instance runs it without reading zip or XML.
 */
export interface CompiledFlow {
  /** Of this shape; a flow of another one is compiled anew from its bundle. */
  readonly format: 1;
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly settings: FlowSettings;
  readonly senders: readonly HttpsSender[];
  readonly processes: Readonly<Record<string, CompiledProcess>>;
  /** Script sources by file name. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** The collaboration's runtime configuration. */
export interface FlowSettings {
  /** XPath prefixes to namespace URIs. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Header names let in from the caller: each a regular expression; `*` for all. */
  readonly allowedHeaders: readonly string[];
  readonly returnExceptionToSender: boolean;
  readonly httpSessionHandling: 'None' | 'onExchange' | 'onIntegrationFlow';
}

/** An HTTPS sender channel. */
export interface HttpsSender {
  readonly adapter: 'HTTPS';
  readonly channelId: string;
  readonly channelName: string;
  /** As configured, beginning with `/`; it may end in `/*`. Matched without regard to case. */
  readonly address: string;
  readonly userRole: string;
  readonly csrfProtected: boolean;
  /** Bytes. */
  readonly maximumBodySize: number;
  readonly processId: string;
  /** The start event that its messages enter at. */
  readonly startId: string;
}

export interface CompiledProcess {
  readonly id: string;
  readonly name: string;
  readonly nodes: Readonly<Record<string, CompiledNode>>;
}

/** A node and where the message goes from it. */
export interface CompiledNode {
  readonly id: string;
  readonly name: string;
  /** Key into `steps/index.ts`: the step's `cname`, such as `Enricher` or `JavaScript`. */
  readonly type: string;
  /** What that step's `compile` has returned; plain JSON. */
  readonly config: unknown;
  readonly next: readonly string[];
}

/** What a bundle lacks to run here; each entry is a whole sentence for the person who deploys it. */
export class NotDeployable extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'NotDeployable';
    this.faults = faults;
  }
}
