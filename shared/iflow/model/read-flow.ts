import { BundleFault } from '../bundle/fault.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { XmlElement } from '../xml/nodes.ts';
import { readCname } from './cname.ts';
import type {
  Channel,
  FlowModel,
  Graph,
  NodeModel,
  Participant,
  ProcessModel,
  Properties,
  Row,
  SequenceFlow,
} from './flow-model.ts';
import { isTable, Parameters, parseTable } from './parameters.ts';

const BPMN = 'http://www.omg.org/spec/BPMN/20100524/MODEL';
const IFL = 'http:///com.sap.ifl.model/Ifl.xsd';
/** Steps, routes and channels; the largest flow that SAP publishes has 500. */
const MAX_PARTS = 5000;
const NOT_NODES = new Set(['extensionElements', 'sequenceFlow', 'documentation', 'laneSet']);

/**
 * Reads a bundle's .iflw.
 * @throws {BundleFault} when it is not the BPMN that SAP writes.
 */
export function readFlow(bundle: Bundle): FlowModel {
  const root = bundle.flow.documentElement;
  const collaboration = root.elements('collaboration', BPMN)[0];
  if (root.localName !== 'definitions' || collaboration === undefined) {
    throw new BundleFault(['The .iflw file has no BPMN collaboration.']);
  }
  const reader = new FlowReader(new Parameters(bundle.parameters));
  const model = {
    id: bundle.id,
    name: bundle.name,
    version: bundle.version,
    settings: reader.properties(collaboration).properties,
    participants: collaboration.elements('participant', BPMN).map(readParticipant),
    channels: collaboration.elements('messageFlow', BPMN).map((e) => reader.channel(e)),
    processes: root.elements('process', BPMN).map((e) => reader.process(e)),
  };
  if (reader.parts > MAX_PARTS) {
    throw new BundleFault([`The iFlow has more than ${MAX_PARTS} steps, routes and channels.`]);
  }
  const faults = [...reader.faults, ...repeatedIds(model.processes)];
  if (faults.length > 0) throw new BundleFault(faults);
  return { ...model, unresolvedParameters: reader.parameters.unresolved };
}

interface Settings {
  readonly properties: Properties;
  readonly tables: ReadonlyMap<string, readonly Row[]>;
  readonly externalised: ReadonlySet<string>;
}

class FlowReader {
  readonly parameters: Parameters;
  readonly faults: string[] = [];
  /** Steps, routes and channels read. */
  parts = 0;

  constructor(parameters: Parameters) {
    this.parameters = parameters;
  }

  channel(element: XmlElement): Channel {
    this.parts++;
    const { properties, tables, externalised } = this.properties(element);
    return {
      id: element.attribute('id'),
      name: element.attribute('name'),
      adapter: properties.get('ComponentType') ?? '',
      direction: properties.get('direction') === 'Sender' ? 'Sender' : 'Receiver',
      sourceId: element.attribute('sourceRef'),
      targetId: element.attribute('targetRef'),
      properties,
      tables,
      externalised,
    };
  }

  process(element: XmlElement): ProcessModel {
    const { properties } = this.properties(element);
    return {
      id: element.attribute('id'),
      name: element.attribute('name'),
      kind: properties.get('processType') === 'directCall' ? 'local' : 'main',
      properties,
      ...this.graph(element),
    };
  }

  graph(element: XmlElement): Graph {
    return {
      nodes: element
        .elements(undefined, BPMN)
        .filter((child) => !NOT_NODES.has(child.localName))
        .map((child) => this.node(child)),
      sequenceFlows: element.elements('sequenceFlow', BPMN).map((e) => this.sequenceFlow(e)),
    };
  }

  node(element: XmlElement): NodeModel {
    this.parts++;
    const own = this.properties(element);
    const definition = element
      .elements(undefined, BPMN)
      .find((child) => child.localName.endsWith('EventDefinition'));
    const event = definition === undefined ? undefined : this.properties(definition);
    const properties = new Map([...own.properties, ...(event?.properties ?? [])]);
    const loop = element.elements('standardLoopCharacteristics', BPMN)[0];
    const condition = loop?.elements('loopCondition', BPMN)[0]?.textContent ?? '';
    return {
      id: element.attribute('id'),
      name: element.attribute('name'),
      element: element.localName,
      cname: readCname(element.localName, definition?.localName, properties),
      properties,
      tables: new Map([...own.tables, ...(event?.tables ?? [])]),
      externalised: new Set([...own.externalised, ...(event?.externalised ?? [])]),
      defaultFlowId: element.attribute('default'),
      ...(loop === undefined
        ? {}
        : {
            loop: {
              maximum: Number(loop.attribute('loopMaximum')),
              condition: this.parameters.fill(condition),
            },
          }),
      ...(element.localName === 'subProcess' ? { inner: this.graph(element) } : {}),
    };
  }

  sequenceFlow(element: XmlElement): SequenceFlow {
    this.parts++;
    const condition = element.elements('conditionExpression', BPMN)[0]?.textContent ?? '';
    const { properties } = this.properties(element);
    return {
      id: element.attribute('id'),
      name: element.attribute('name'),
      sourceId: element.attribute('sourceRef'),
      targetId: element.attribute('targetRef'),
      condition: this.parameters.fill(condition),
      expressionType: properties.get('expressionType') === 'NonXML' ? 'NonXML' : 'XML',
    };
  }

  properties(element: XmlElement): Settings {
    const properties = new Map<string, string>();
    const tables = new Map<string, readonly Row[]>();
    const externalised = new Set<string>();
    for (const extension of element.elements('extensionElements', BPMN)) {
      for (const property of extension.elements('property', IFL)) {
        const key = property.elements('key')[0]?.textContent ?? '';
        const written = property.elements('value')[0]?.textContent ?? '';
        const value = isTable(written)
          ? this.parameters.fillTable(written)
          : this.parameters.fill(written);
        properties.set(key, value);
        if (value !== written) externalised.add(key);
        if (!isTable(value)) continue;
        const rows = parseTable(value);
        if (rows !== undefined) tables.set(key, rows);
        else {
          const owner = element.attribute('name') || element.attribute('id');
          this.faults.push(`The table ${key} of "${owner}" is not well-formed.`);
        }
      }
    }
    return { properties, tables, externalised };
  }
}

function readParticipant(element: XmlElement): Participant {
  return {
    id: element.attribute('id'),
    name: element.attribute('name'),
    type: element.attributes.find((a) => a.localName === 'type')?.value ?? '',
    processId: element.attribute('processRef'),
  };
}

/** Ids name nodes across the whole file; with one used twice the routes would be ambiguous. */
function repeatedIds(processes: readonly ProcessModel[]): string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const visit = ({ id }: { readonly id: string }): void => {
    if (id === '' || seen.has(id)) repeated.add(id);
    seen.add(id);
  };
  const visitGraph = (graph: Graph): void => {
    for (const node of graph.nodes) {
      visit(node);
      if (node.inner !== undefined) visitGraph(node.inner);
    }
    graph.sequenceFlows.forEach(visit);
  };
  for (const process of processes) {
    visit(process);
    visitGraph(process);
  }
  return [...repeated].map((id) =>
    id === ''
      ? 'The .iflw file has an element without id.'
      : `The .iflw file has the id ${JSON.stringify(id.slice(0, 100))} twice.`,
  );
}
