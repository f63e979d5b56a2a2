/** An .iflw read completely, externalised parameters put in; it knows nothing of what can run. */
export interface FlowModel {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The collaboration's runtime configuration. */
  readonly settings: Properties;
  readonly participants: readonly Participant[];
  readonly channels: readonly Channel[];
  readonly processes: readonly ProcessModel[];
  /** Names of parameters that are used and have no value. */
  readonly unresolvedParameters: readonly string[];
}

/** `ifl:property` entries by key; a key that comes again replaces the earlier value. */
export type Properties = ReadonlyMap<string, string>;

/** A table row's cells by their `id`, or by their position from 0 where they have none. */
export type Row = ReadonlyMap<string, string>;

export interface Participant {
  readonly id: string;
  readonly name: string;
  /** `EndpointSender`, `EndpointRecevier` (SAP's spelling), `IntegrationProcess`. */
  readonly type: string;
  /** '' unless it stands for a process. */
  readonly processId: string;
}

/** A message flow: an adapter between a participant and a node. */
export interface Channel {
  readonly id: string;
  readonly name: string;
  /** `ComponentType`, such as `HTTPS`. */
  readonly adapter: string;
  readonly direction: 'Sender' | 'Receiver';
  readonly sourceId: string;
  readonly targetId: string;
  readonly properties: Properties;
  readonly tables: ReadonlyMap<string, readonly Row[]>;
  /** Properties whose value, or a part of it, an externalised parameter has filled. */
  readonly externalised: ReadonlySet<string>;
}

export interface ProcessModel extends Graph {
  readonly id: string;
  readonly name: string;
  /** Main processes begin with an event of their own, local ones are called. */
  readonly kind: 'main' | 'local';
  readonly properties: Properties;
}

export interface Graph {
  readonly nodes: readonly NodeModel[];
  readonly sequenceFlows: readonly SequenceFlow[];
}

export interface NodeModel {
  readonly id: string;
  readonly name: string;
  /** BPMN element, such as `callActivity`. */
  readonly element: string;
  /** The step type: `cname` of cmdVariantUri, such as `Enricher`. */
  readonly cname: string;
  /** Of the node, and of its event definition where the settings stand there. */
  readonly properties: Properties;
  /** Those properties that hold `<row><cell>` tables, parsed. */
  readonly tables: ReadonlyMap<string, readonly Row[]>;
  /** Properties whose value, or a part of it, an externalised parameter has filled. */
  readonly externalised: ReadonlySet<string>;
  /** The default route of a gateway; '' when there is none. */
  readonly defaultFlowId: string;
  readonly loop?: { readonly maximum: number; readonly condition: string };
  /** What a sub process holds. */
  readonly inner?: Graph;
}

export interface SequenceFlow {
  readonly id: string;
  readonly name: string;
  readonly sourceId: string;
  readonly targetId: string;
  /** '' when it is taken without one. */
  readonly condition: string;
  readonly expressionType: 'XML' | 'NonXML';
}
