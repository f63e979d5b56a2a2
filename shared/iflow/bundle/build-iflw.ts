import { escapeXml } from '../xml/write-xml.ts';
import { diagramXml, type Edge, type Placed, STEP_WIDTH } from './build-diagram.ts';
import { properties } from './build-properties.ts';
import type { BundleDescription, RowDescription, StepDescription } from './bundle-description.ts';

const NAMESPACES = [
  'xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL"',
  'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"',
  'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"',
  'xmlns:di="http://www.omg.org/spec/DD/20100524/DI"',
  'xmlns:ifl="http:///com.sap.ifl.model/Ifl.xsd"',
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
].join(' ');

const MIDDLE = 158;

/** Writes the .iflw of a description: the BPMN that runs and the diagram that SAP's editor opens. */
export function flowXml(flow: BundleDescription): string {
  const start: Placed = { id: 'StartEvent_1', x: 290, y: MIDDLE - 16, width: 32, height: 32 };
  const steps = flow.steps.map((step, i): Placed => {
    return {
      id: idOf(step, i),
      x: 400 + i * STEP_WIDTH,
      y: MIDDLE - 30,
      width: 100,
      height: 60,
    };
  });
  const end = {
    ...start,
    id: 'EndEvent_1',
    x: 400 + flow.steps.length * STEP_WIDTH,
  };
  const line = [start, ...steps, end];
  const edges = line.slice(1).map((target, i) => {
    const source = line[i] ?? start;
    return { id: `SequenceFlow_${i + 1}`, source, target };
  });
  const process = [
    properties({
      transactionTimeout: '30',
      componentVersion: '1.2',
      cmdVariantUri: 'ctype::FlowElementVariant/cname::IntegrationProcess/version::1.2.1',
      transactionalHandling: 'Not Required',
    }),
    eventXml('startEvent', start.id, 'Start', 'MessageStartEvent', edges),
    ...flow.steps.map((step, i) => stepXml(step, idOf(step, i), edges)),
    eventXml('endEvent', end.id, 'End', 'MessageEndEvent', edges),
    ...edges.map(
      ({ id, source, target }) =>
        `<bpmn2:sequenceFlow id="${id}" sourceRef="${source.id}" targetRef="${target.id}"/>`,
    ),
  ];
  return [
    `<?xml version="1.0" encoding="UTF-8"?><bpmn2:definitions ${NAMESPACES} id="Definitions_1">`,
    collaborationXml(flow, start.id),
    `<bpmn2:process id="Process_1" name="Integration Process">${process.join('')}</bpmn2:process>`,
    diagramXml(flow, line, edges),
    '</bpmn2:definitions>',
  ].join('');
}

function idOf(step: StepDescription, i: number): string {
  return `${step.type === 'requestReply' ? 'ServiceTask' : 'CallActivity'}_${i + 1}`;
}

function collaborationXml(flow: BundleDescription, startId: string): string {
  const settings = properties({
    namespaceMapping: flow.namespaceMapping ?? '',
    httpSessionHandling: 'None',
    allowedHeaderList: flow.allowedHeaders ?? '',
    returnExceptionToSender: String(flow.returnExceptionToSender ?? false),
    ServerTrace: 'false',
    log: 'All events',
    componentVersion: '1.2',
    cmdVariantUri: 'ctype::IFlowVariant/cname::IFlowConfiguration/version::1.2.4',
  });
  const sender =
    flow.address === undefined
      ? ''
      : `<bpmn2:participant id="Participant_1" ifl:type="EndpointSender" name="Sender">${properties(
          {
            enableBasicAuthentication: 'false',
            'ifl:type': 'EndpointSender',
          },
        )}</bpmn2:participant>`;
  const channel =
    flow.address === undefined
      ? ''
      : `<bpmn2:messageFlow id="MessageFlow_1" name="HTTPS" sourceRef="Participant_1" targetRef="${startId}">${properties(
          {
            ComponentType: 'HTTPS',
            ComponentNS: 'sap',
            Name: 'HTTPS',
            Description: '',
            system: 'Sender',
            direction: 'Sender',
            urlPath: flow.address,
            senderAuthType: 'RoleBased',
            userRole: flow.userRole ?? 'ESBMessaging.send',
            clientCertificates: '',
            xsrfProtection: flow.csrfProtected === true ? '1' : '0',
            maximumBodySize: String(flow.maximumBodySize ?? 40),
            TransportProtocol: 'HTTPS',
            TransportProtocolVersion: '1.4.1',
            MessageProtocol: 'None',
            MessageProtocolVersion: '1.4.1',
            ComponentSWCVName: 'external',
            ComponentSWCVId: '1.4.1',
            componentVersion: '1.4',
            cmdVariantUri:
              'ctype::AdapterVariant/cname::sap:HTTPS/tp::HTTPS/mp::None/direction::Sender/version::1.4.1',
          },
        )}</bpmn2:messageFlow>`;
  const process =
    '<bpmn2:participant id="Participant_Process_1" ifl:type="IntegrationProcess" name="Integration Process" processRef="Process_1"><bpmn2:extensionElements/></bpmn2:participant>';
  const receivers = flow.steps.map((step, i) =>
    step.type === 'requestReply' ? receiverXml(step, i) : { participant: '', channel: '' },
  );
  const participants = receivers.map(({ participant }) => participant).join('');
  const channels = receivers.map((receiver) => receiver.channel).join('');
  return `<bpmn2:collaboration id="Collaboration_1" name="Default Collaboration">${settings}${sender}${participants}${process}${channel}${channels}</bpmn2:collaboration>`;
}

function receiverXml(
  step: Extract<StepDescription, { type: 'requestReply' }>,
  i: number,
): { readonly participant: string; readonly channel: string } {
  const { adapter, name, properties: own } = step.receiver;
  const id = `Participant_Receiver_${i + 1}`;
  // SAP's spelling.
  const type = 'EndpointRecevier';
  const participant = `<bpmn2:participant id="${id}" ifl:type="${type}" name="${escapeXml(name)}">${properties(
    { 'ifl:type': type },
  )}</bpmn2:participant>`;
  const settings = properties({
    ComponentType: adapter,
    ComponentNS: 'sap',
    Name: adapter,
    Description: '',
    system: name,
    direction: 'Receiver',
    ...own,
  });
  const channel = `<bpmn2:messageFlow id="MessageFlow_Receiver_${i + 1}" name="${adapter}" sourceRef="${idOf(step, i)}" targetRef="${id}">${settings}</bpmn2:messageFlow>`;
  return { participant, channel };
}

function stepXml(step: StepDescription, id: string, edges: readonly Edge[]): string {
  const element = step.type === 'requestReply' ? 'serviceTask' : 'callActivity';
  return `<bpmn2:${element} id="${id}" name="${escapeXml(step.name)}">${properties(
    stepProperties(step),
  )}${routes(id, edges)}</bpmn2:${element}>`;
}

function stepProperties(step: StepDescription): Readonly<Record<string, string>> {
  switch (step.type) {
    case 'script':
      return {
        activityType: 'Script',
        subActivityType: 'JavaScript',
        script: step.fileName,
        scriptFunction: step.functionName ?? '',
        scriptBundleId: '',
        componentVersion: '1.1',
        cmdVariantUri: 'ctype::FlowstepVariant/cname::JavaScript/version::1.1.2',
      };
    case 'contentModifier':
      return {
        activityType: 'Enricher',
        headerTable: (step.headers ?? []).map(rowXml).join(''),
        propertyTable: (step.properties ?? []).map(rowXml).join(''),
        bodyType: step.body?.type ?? 'expression',
        wrapContent: step.body?.content ?? '',
        componentVersion: '1.5',
        cmdVariantUri: 'ctype::FlowstepVariant/cname::Enricher/version::1.5.1',
      };
    case 'requestReply':
      return {
        activityType: 'ExternalCall',
        componentVersion: '1.0',
        cmdVariantUri: 'ctype::FlowstepVariant/cname::ExternalCall/version::1.0.4',
      };
    case 'raw':
      return {
        ...step.properties,
        cmdVariantUri: `ctype::FlowstepVariant/cname::${step.cname}/version::1.0.0`,
      };
  }
}

function rowXml(row: RowDescription): string {
  const cells = {
    Action: row.action ?? 'Create',
    Type: row.type ?? 'constant',
    Value: row.value ?? '',
    Default: row.default ?? '',
    Name: row.name,
    Datatype: row.dataType ?? '',
  };
  const written = Object.entries(cells).map(
    ([id, text]) => `<cell id='${id}'>${escapeXml(text)}</cell>`,
  );
  return `<row>${written.join('')}</row>`;
}

function eventXml(
  element: 'startEvent' | 'endEvent',
  id: string,
  name: string,
  cname: string,
  edges: readonly Edge[],
): string {
  const settings = properties({
    componentVersion: '1.1',
    cmdVariantUri: `ctype::FlowstepVariant/cname::${cname}/version::1.1.0`,
  });
  return `<bpmn2:${element} id="${id}" name="${name}">${settings}${routes(id, edges)}<bpmn2:messageEventDefinition/></bpmn2:${element}>`;
}

function routes(id: string, edges: readonly Edge[]): string {
  const incoming = edges.filter((edge) => edge.target.id === id);
  const outgoing = edges.filter((edge) => edge.source.id === id);
  return [
    ...incoming.map((edge) => `<bpmn2:incoming>${edge.id}</bpmn2:incoming>`),
    ...outgoing.map((edge) => `<bpmn2:outgoing>${edge.id}</bpmn2:outgoing>`),
  ].join('');
}
