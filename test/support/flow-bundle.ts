import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { escapeXml } from '../../shared/iflow/xml/write-xml.ts';

/** An iFlow of any shape, in the words of SAP's .iflw; what `buildBundle` is for lines of steps. */
export interface FlowDescription {
  /** `Tested` unless told. */
  readonly id?: string;
  /** Of the collaboration, such as `namespaceMapping`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** An HTTPS sender at /tested into the start of the first process, unless told. */
  readonly senders?: readonly SenderDescription[];
  readonly receivers?: readonly ReceiverDescription[];
  readonly processes: readonly ProcessDescription[];
  /** Externalised parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Files by their path below `src/main/resources/`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

export interface SenderDescription {
  readonly adapter: string;
  /** Id of the start event. */
  readonly to: string;
  readonly properties?: Readonly<Record<string, string>>;
}

export interface ReceiverDescription {
  /** Id of the step that calls it. */
  readonly from: string;
  readonly adapter: string;
  readonly properties?: Readonly<Record<string, string>>;
  /** Drawn from the receiver to the step, as SAP's editor draws that of a Content Enricher. */
  readonly inward?: true;
}

export interface GraphDescription {
  readonly nodes: readonly NodeDescription[];
  /**
   * Routes; without any, the nodes stand in a line. Written `a -> b -> c`, or as objects where a
   * route has a condition.
   */
  readonly routes?: readonly (string | RouteDescription)[];
}

export interface ProcessDescription extends GraphDescription {
  /** `Process_<number>` unless told. */
  readonly id?: string;
  /** A local integration process; main unless told. */
  readonly local?: boolean;
  /** Such as `transactionalHandling`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Its exception subprocess. */
  readonly exception?: GraphDescription;
}

export interface NodeDescription {
  readonly id: string;
  /** Step type, such as `Enricher`. */
  readonly cname: string;
  readonly properties?: Readonly<Record<string, string>>;
  /** BPMN element; told by the step type unless given. */
  readonly element?: string;
  /** Id of a gateway's default route. */
  readonly default?: string;
  readonly loop?: { readonly maximum: number; readonly condition: string };
}

export interface RouteDescription {
  readonly id?: string;
  readonly from: string;
  readonly to: string;
  readonly condition?: string;
  /** NonXML unless told. */
  readonly type?: 'XML' | 'NonXML';
}

const ELEMENTS: Readonly<Record<string, string>> = {
  StartEvent: 'startEvent',
  MessageStartEvent: 'startEvent',
  ErrorStartEvent: 'startEvent',
  intermediatetimer: 'startEvent',
  EndEvent: 'endEvent',
  MessageEndEvent: 'endEvent',
  ErrorEndEvent: 'endEvent',
  EscalationEndEvent: 'endEvent',
  TerminateEndEvent: 'endEvent',
  ExclusiveGateway: 'exclusiveGateway',
  Multicast: 'parallelGateway',
  SequentialMulticast: 'parallelGateway',
  Join: 'parallelGateway',
  ExternalCall: 'serviceTask',
  Send: 'serviceTask',
  contentEnricherWithLookup: 'serviceTask',
};

/** Steps whose settings SAP writes into the event definition. */
const DEFINITIONS: Readonly<Record<string, string>> = {
  ErrorStartEvent: 'errorEventDefinition',
  ErrorEndEvent: 'errorEventDefinition',
  EscalationEndEvent: 'escalationEventDefinition',
  TerminateEndEvent: 'terminateEventDefinition',
  intermediatetimer: 'timerEventDefinition',
};

/** A content modifier that puts an expression into the body: what most tests need in between. */
export function setBody(id: string, expression: string): NodeDescription {
  const properties = { bodyType: 'expression', wrapContent: expression };
  return { id, cname: 'Enricher', properties };
}

/** Start, the nodes in a line, end. */
export function line(...nodes: readonly NodeDescription[]): GraphDescription {
  return {
    nodes: [
      { id: 'Start_1', cname: 'MessageStartEvent' },
      ...nodes,
      { id: 'End_1', cname: 'MessageEndEvent' },
    ],
  };
}

/** Builds the bundle of a description. */
export function flowBundle(flow: FlowDescription): Uint8Array {
  const id = flow.id ?? 'Tested';
  const resources = 'src/main/resources/';
  const manifest = [
    'Manifest-Version: 1.0',
    `Bundle-SymbolicName: ${id}; singleton:=true`,
    `Bundle-Name: ${id}`,
    'Bundle-Version: 1.0.0',
    'SAP-BundleType: IntegrationFlow',
    'SAP-NodeType: IFLMAP',
  ];
  const parameters = Object.entries(flow.parameters ?? {}).map(
    ([key, value]) => `${escapeProperty(key)}=${escapeProperty(value)}\n`,
  );
  return writeZip([
    deflateEntry('META-INF/MANIFEST.MF', `${manifest.join('\r\n')}\r\n\r\n`),
    deflateEntry(`${resources}scenarioflows/integrationflow/${id}.iflw`, flowXml(flow)),
    deflateEntry(`${resources}parameters.prop`, parameters.join('')),
    ...Object.entries(flow.files ?? {}).map(([path, content]) =>
      deflateEntry(resources + path, content),
    ),
  ]);
}

function flowXml(flow: FlowDescription): string {
  const [first] = flow.processes;
  const start = first?.nodes.find(({ cname }) => cname.endsWith('StartEvent'))?.id ?? '';
  const senders = flow.senders ?? [{ adapter: 'HTTPS', to: start }];
  const receivers = flow.receivers ?? [];
  const collaboration = [
    properties({ httpSessionHandling: 'None', ...flow.settings }),
    ...senders.map((_, i) => participant(`Sender_${i + 1}`, 'EndpointSender')),
    ...receivers.map((_, i) => participant(`Receiver_${i + 1}`, 'EndpointRecevier')),
    ...senders.map(({ adapter, to, properties: own }, i) => {
      const defaults: Record<string, string> =
        adapter === 'HTTPS' ? { urlPath: '/tested', xsrfProtection: '0' } : {};
      const all = { ComponentType: adapter, direction: 'Sender', ...defaults, ...own };
      return `<bpmn2:messageFlow id="SenderChannel_${i + 1}" name="${adapter}" sourceRef="Sender_${i + 1}" targetRef="${to}">${properties(all)}</bpmn2:messageFlow>`;
    }),
    ...receivers.map(({ adapter, from, inward, properties: own }, i) => {
      const all = { ComponentType: adapter, direction: 'Receiver', ...own };
      const receiver = `Receiver_${i + 1}`;
      const [source, to] = inward === true ? [receiver, from] : [from, receiver];
      return `<bpmn2:messageFlow id="ReceiverChannel_${i + 1}" name="${adapter}" sourceRef="${source}" targetRef="${to}">${properties(all)}</bpmn2:messageFlow>`;
    }),
  ];
  const processes = flow.processes.map((process, i) => {
    const type: Record<string, string> =
      process.local === true ? { processType: 'directCall' } : {};
    const id = process.id ?? `Process_${i + 1}`;
    return `<bpmn2:process id="${id}" name="${id}">${properties({ ...type, ...process.properties })}${graphXml(process, id)}${exceptionXml(process, id)}</bpmn2:process>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><bpmn2:definitions xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ifl="http:///com.sap.ifl.model/Ifl.xsd" id="Definitions_1"><bpmn2:collaboration id="Collaboration_1" name="Default Collaboration">${collaboration.join('')}</bpmn2:collaboration>${processes.join('')}</bpmn2:definitions>`;
}

function participant(id: string, type: string): string {
  return `<bpmn2:participant id="${id}" ifl:type="${type}" name="${id}"/>`;
}

function exceptionXml({ exception }: ProcessDescription, id: string): string {
  if (exception === undefined) return '';
  const settings = properties({ activityType: 'ErrorEventSubProcessTemplate' });
  return `<bpmn2:subProcess id="Exception_${id}" name="Exception">${settings}${graphXml(exception, `Exception_${id}`)}</bpmn2:subProcess>`;
}

function graphXml({ nodes, routes }: GraphDescription, id: string): string {
  const written = routes ?? [nodes.map((node) => node.id).join(' -> ')];
  const flows = written.flatMap((route): RouteDescription[] => {
    if (typeof route !== 'string') return [route];
    const stops = route.split(' -> ');
    return stops.slice(1).map((to, i) => ({ from: stops[i] ?? '', to }));
  });
  return [
    ...nodes.map(nodeXml),
    ...flows.map(({ id: own, from, to, condition, type }, i) => {
      const name = own ?? `Route_${id}_${i + 1}`;
      const text =
        condition === undefined
          ? ''
          : `<bpmn2:conditionExpression id="Condition_${name}">${escapeXml(condition)}</bpmn2:conditionExpression>`;
      return `<bpmn2:sequenceFlow id="${name}" name="${name}" sourceRef="${from}" targetRef="${to}">${properties({ expressionType: type ?? 'NonXML' })}${text}</bpmn2:sequenceFlow>`;
    }),
  ].join('');
}

function nodeXml(node: NodeDescription): string {
  const element = node.element ?? ELEMENTS[node.cname] ?? 'callActivity';
  const definition = DEFINITIONS[node.cname];
  const settings = properties({
    ...node.properties,
    cmdVariantUri: `ctype::FlowstepVariant/cname::${node.cname}/version::1.0.0`,
  });
  const inner =
    definition === undefined ? settings : `<bpmn2:${definition}>${settings}</bpmn2:${definition}>`;
  const loop =
    node.loop === undefined
      ? ''
      : `<bpmn2:standardLoopCharacteristics id="Loop_${node.id}" loopMaximum="${node.loop.maximum}"><bpmn2:loopCondition id="LoopCondition_${node.id}">${escapeXml(node.loop.condition)}</bpmn2:loopCondition></bpmn2:standardLoopCharacteristics>`;
  const route = node.default === undefined ? '' : ` default="${node.default}"`;
  return `<bpmn2:${element} id="${node.id}" name="${node.id}"${route}>${inner}${loop}</bpmn2:${element}>`;
}

function properties(values: Readonly<Record<string, string>>): string {
  const written = Object.entries(values).map(
    ([key, value]) =>
      `<ifl:property><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></ifl:property>`,
  );
  return `<bpmn2:extensionElements>${written.join('')}</bpmn2:extensionElements>`;
}

/** java.util.Properties: separators, comment signs and spaces escaped. */
function escapeProperty(text: string): string {
  return text.replace(/[\\ :=#!]/g, (sign) => `\\${sign}`).replace(/\n/g, '\\n');
}
