import type { TimerSchedule } from './timers/schedule.ts';

/**
 * A compiled flow: what deploying a bundle makes, and all that running it needs. Plain JSON, so that
 * it is stored as one blob and a cold instance runs it without reading zip or XML.
 */
export interface CompiledFlow {
  /** Of this shape; {@link readStoredFlow} reads that of format 1 as well. */
  readonly format: 2;
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly settings: FlowSettings;
  readonly senders: readonly HttpsSender[];
  /** Where other flows of the tenant hand messages over to this one. */
  readonly directSenders: readonly ProcessDirectSender[];
  readonly timers: readonly TimerStart[];
  readonly processes: Readonly<Record<string, CompiledProcess>>;
  /**
   * Texts that steps work with, by their key: scripts by file name, with their collection before it;
   * compiled stylesheets and schemas by their path in the bundle.
   */
  readonly resources: Readonly<Record<string, string>>;
}

/** The collaboration's runtime configuration. */
export interface FlowSettings {
  /** XPath prefixes to namespace URIs. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Header names let in from the caller: each a regular expression; `*` for all. */
  readonly allowedHeaders: readonly string[];
  readonly returnExceptionToSender: boolean;
  readonly httpSessionHandling: 'None' | 'onExchange' | 'onIntegrationFlow';
  /** Absent where all messages are logged. */
  readonly logLevel?: 'ERROR' | 'NONE';
  /** Absent where no browser page of another origin may call. */
  readonly cors?: CorsSettings;
}

/** Which pages of other origins may call the flow from a browser (https://fetch.spec.whatwg.org/#cors-protocol). */
export interface CorsSettings {
  /** As browsers write them; `*` alone for all. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Request headers; empty for those that the browser asks for. */
  readonly headers: readonly string[];
  /** Response headers that a page may read. */
  readonly exposedHeaders: readonly string[];
  /** Seconds that a browser may keep the preflight's answer. */
  readonly maxAge: number;
  readonly allowCredentials: boolean;
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
  /**
   * Present where callers are known by their client certificates and not by tokens: the subjects and
   * issuers that are let in, as RFC 4514 writes them.
   */
  readonly clientCertificates?: readonly CertificateNames[];
  /** Bytes. */
  readonly maximumBodySize: number;
  readonly processId: string;
  /** The start event that its messages enter at. */
  readonly startId: string;
}

export interface CertificateNames {
  readonly subject: string;
  readonly issuer: string;
}

/** A ProcessDirect sender channel. */
export interface ProcessDirectSender {
  readonly channelId: string;
  readonly channelName: string;
  /** As configured; unique among the deployed flows, case counts. */
  readonly address: string;
  readonly processId: string;
  readonly startId: string;
}

/** A timer that starts the flow. */
export interface TimerStart {
  readonly processId: string;
  readonly startId: string;
  readonly schedule: TimerSchedule;
}

export interface CompiledProcess {
  readonly id: string;
  readonly name: string;
  /** '' for a main process, which channels and timers start. */
  readonly startId: string;
  /** Transaction Handling is Required for JDBC. */
  readonly transactional?: true;
  /** The nodes of its exception subprocess as well: ids are unique in the flow. */
  readonly nodes: Readonly<Record<string, CompiledNode>>;
  /** Where its exception subprocess begins. */
  readonly exceptionSubprocess?: { readonly id: string; readonly startId: string };
}

/** A receiver channel and what its adapter needs to call it. */
export interface CompiledChannel {
  readonly id: string;
  readonly name: string;
  /** Key into `receivers/index.ts`: `ComponentType`, such as `HTTP`. */
  readonly adapter: string;
  /** Name of the participant that it leads to. */
  readonly receiver: string;
  /** What that adapter's `compile` has returned; plain JSON. */
  readonly config: unknown;
}

/** A node and where the message goes from it. */
export interface CompiledNode {
  readonly id: string;
  readonly name: string;
  /** Key into `steps/index.ts`: the step's `cname`, such as `Enricher` or `JavaScript`. */
  readonly type: string;
  /** What that step's `compile` has returned; plain JSON. */
  readonly config: unknown;
  /** Ids of the nodes that it leads to; the first is taken unless the step says otherwise. */
  readonly next: readonly string[];
}

/** A flow as storage keeps it: resources under the name that instances of format 1 know scripts by. */
export type StoredFlow = Omit<CompiledFlow, 'format' | 'resources' | 'directSenders' | 'timers'> &
  Partial<Pick<CompiledFlow, 'directSenders' | 'timers'>> & {
    readonly format: 1 | 2;
    readonly scripts: CompiledFlow['resources'];
  };

export function toStoredFlow({ resources, ...flow }: CompiledFlow): StoredFlow {
  return { ...flow, scripts: resources };
}

export function readStoredFlow({ scripts, ...flow }: StoredFlow): CompiledFlow {
  return { directSenders: [], timers: [], ...flow, format: 2, resources: scripts };
}

/** What keeps a bundle from running here. */
export interface DeployFault {
  /** A whole sentence for the person who deploys it. */
  readonly text: string;
  /**
   * - `missing`: a step, adapter, script language or feature that Flowgate has not.
   * - `reference`: a file or another artifact that is not there.
   * - `parameter`: an externalised parameter has no value, or one that cannot be used.
   * - `design`: the bundle itself is wrong.
   */
  readonly kind: 'missing' | 'reference' | 'parameter' | 'design';
  /** What it is about, such as `step MessageMapping` or `receiver SOAP`; '' unless `missing`. */
  readonly capability: string;
}

/** A bundle that cannot run here, with every fault at once. */
export class NotDeployable extends Error {
  readonly faults: readonly string[];
  readonly details: readonly DeployFault[];

  constructor(details: readonly DeployFault[]) {
    super(details.map((fault) => fault.text).join('\n'));
    this.name = 'NotDeployable';
    this.details = details;
    this.faults = details.map((fault) => fault.text);
  }
}
