import type { BundleDescription } from './bundle-description.ts';

/** Something in the diagram. */
export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An arrow between two of them. */
export interface Edge {
  readonly id: string;
  readonly source: Placed;
  readonly target: Placed;
}

/** Room for a step. */
export const STEP_WIDTH = 150;

/** The diagram that SAP's editor opens: sender, process with its line of steps, receivers. */
export function diagramXml(
  flow: BundleDescription,
  line: readonly Placed[],
  edges: readonly Edge[],
): string {
  const sender: Placed = { id: 'Participant_1', x: 40, y: 100, width: 100, height: 140 };
  const process: Placed = {
    id: 'Participant_Process_1',
    x: 240,
    y: 60,
    width: 260 + flow.steps.length * STEP_WIDTH,
    height: 220,
  };
  const [start] = line;
  const calls = flow.steps.flatMap((step, i): Edge[] => {
    const source = line[i + 1];
    if (step.type !== 'requestReply' || source === undefined) return [];
    const target = {
      id: `Participant_Receiver_${i + 1}`,
      x: source.x,
      y: 340,
      width: 100,
      height: 140,
    };
    return [{ id: `MessageFlow_Receiver_${i + 1}`, source, target }];
  });
  const senders = flow.address === undefined ? [] : [sender];
  const shapes = [...line, process, ...senders, ...calls.map(({ target }) => target)];
  const arrows = [
    ...edges,
    ...(flow.address === undefined || start === undefined
      ? []
      : [{ id: 'MessageFlow_1', source: sender, target: start }]),
    ...calls,
  ];
  return `<bpmndi:BPMNDiagram id="BPMNDiagram_1" name="Default Collaboration Diagram"><bpmndi:BPMNPlane bpmnElement="Collaboration_1" id="BPMNPlane_1">${[
    ...shapes.map(shapeXml),
    ...arrows.map(edgeXml),
  ].join('')}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>`;
}

function shapeXml({ id, x, y, width, height }: Placed): string {
  return `<bpmndi:BPMNShape bpmnElement="${id}" id="BPMNShape_${id}"><dc:Bounds height="${height}" width="${width}" x="${x}" y="${y}"/></bpmndi:BPMNShape>`;
}

/** From the right of one to the left of the next; down to a receiver, which stands below its step. */
function edgeXml({ id, source, target }: Edge): string {
  const isBelow = target.y >= source.y + source.height;
  const middle = (place: Placed): number => place.x + place.width / 2;
  const from = isBelow
    ? waypoint(middle(source), source.y + source.height)
    : waypoint(source.x + source.width, source.y + source.height / 2);
  const to = isBelow
    ? waypoint(middle(target), target.y)
    : waypoint(target.x, target.y + target.height / 2);
  return `<bpmndi:BPMNEdge bpmnElement="${id}" id="BPMNEdge_${id}" sourceElement="BPMNShape_${source.id}" targetElement="BPMNShape_${target.id}">${from}${to}</bpmndi:BPMNEdge>`;
}

function waypoint(x: number, y: number): string {
  return `<di:waypoint x="${x}" xsi:type="dc:Point" y="${y}"/>`;
}
