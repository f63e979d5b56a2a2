import type { Properties } from './flow-model.ts';

/** Steps that carry no cmdVariantUri, by activityType; others are named as their activityType is. */
const BY_ACTIVITY = new Map([
  ['ProcessCallElement', 'NonLoopingProcess'],
  ['Script', 'GroovyScript'],
  ['Mapping', 'MessageMapping'],
]);

const BY_EVENT = new Map(
  Object.entries({
    'startEvent errorEventDefinition': 'ErrorStartEvent',
    'startEvent timerEventDefinition': 'intermediatetimer',
    'startEvent messageEventDefinition': 'MessageStartEvent',
    'startEvent ': 'StartEvent',
    'endEvent errorEventDefinition': 'ErrorEndEvent',
    'endEvent escalationEventDefinition': 'EscalationEndEvent',
    'endEvent terminateEventDefinition': 'TerminateEndEvent',
    'endEvent messageEventDefinition': 'MessageEndEvent',
    'endEvent ': 'EndEvent',
    'exclusiveGateway ': 'ExclusiveGateway',
    'serviceTask ': 'ExternalCall',
  }),
);

/**
 * The step type. It is `cname` in `cmdVariantUri`, which nodes written before SAP had variants do
 * not carry: there it is told by the activity type, then by the BPMN element and its event.
 */
export function readCname(
  element: string,
  eventDefinition: string | undefined,
  properties: Properties,
): string {
  const cname = /(?:^|\/)cname::([^/]+)/.exec(properties.get('cmdVariantUri') ?? '')?.[1];
  if (cname !== undefined) return cname;
  const activity = properties.get('activityType') ?? '';
  const subActivity = properties.get('subActivityType') ?? '';
  if (activity === 'Script' && subActivity !== '') return subActivity;
  if (activity === 'Script' && /\.js$/i.test(properties.get('script') ?? '')) return 'JavaScript';
  if (activity !== '') return BY_ACTIVITY.get(activity) ?? activity;
  return BY_EVENT.get(`${element} ${eventDefinition ?? ''}`) ?? element;
}
