import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import type { BundleDescription } from '../../shared/iflow/bundle/bundle-description.ts';
import { BundleFault, readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { readZip } from '../../shared/iflow/bundle/unzip.ts';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { readCname } from '../../shared/iflow/model/cname.ts';
import type { FlowModel } from '../../shared/iflow/model/flow-model.ts';
import { readFlow } from '../../shared/iflow/model/read-flow.ts';

function modelOf(description: Partial<BundleDescription>): FlowModel {
  const zip = buildBundle({ id: 'M', name: 'M', address: '/m', steps: [], ...description });
  return readFlow(readBundle(zip));
}

const HEAD =
  '<bpmn2:definitions xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ifl="http:///com.sap.ifl.model/Ifl.xsd">';

/** A bundle with an .iflw of its own. */
function modelOfXml(inner: string, parameters = ''): FlowModel {
  const entries = new Map(readZip(buildBundle({ id: 'M', name: 'M', steps: [] })));
  const path = [...entries.keys()].find((p) => p.endsWith('.iflw')) ?? '';
  entries.set(path, deflateEntry(path, `${HEAD}${inner}</bpmn2:definitions>`));
  const prop = 'src/main/resources/parameters.prop';
  entries.set(prop, deflateEntry(prop, parameters));
  return readFlow(readBundle(writeZip(entries.values())));
}

function properties(values: Readonly<Record<string, string>>): string {
  const written = Object.entries(values).map(
    ([k, v]) => `<ifl:property><key>${k}</key><value>${v}</value></ifl:property>`,
  );
  return `<bpmn2:extensionElements>${written.join('')}</bpmn2:extensionElements>`;
}

const PROCESS_CALL = properties({
  cmdVariantUri: 'ctype::FlowstepVariant/cname::LoopingProcess/version::1.0',
});

test('collaboration, participants, channels, processes and routes are read', () => {
  const model = modelOf({
    allowedHeaders: 'x-a|x-b',
    steps: [{ type: 'contentModifier', name: 'First' }],
  });
  assert.equal(model.settings.get('allowedHeaderList'), 'x-a|x-b');
  assert.deepEqual(
    model.participants.map((p) => [p.type, p.processId]),
    [
      ['EndpointSender', ''],
      ['IntegrationProcess', 'Process_1'],
    ],
  );
  const [channel] = model.channels;
  assert.equal(channel?.adapter, 'HTTPS');
  assert.equal(channel.direction, 'Sender');
  assert.equal(channel.targetId, 'StartEvent_1');
  assert.equal(channel.properties.get('urlPath'), '/m');
  const [process] = model.processes;
  assert.equal(process?.kind, 'main');
  assert.deepEqual(
    process.nodes.map((n) => [n.element, n.cname, n.name]),
    [
      ['startEvent', 'MessageStartEvent', 'Start'],
      ['callActivity', 'Enricher', 'First'],
      ['endEvent', 'MessageEndEvent', 'End'],
    ],
  );
  assert.deepEqual(
    process.sequenceFlows.map((f) => [f.sourceId, f.targetId]),
    [
      ['StartEvent_1', 'CallActivity_1'],
      ['CallActivity_1', 'EndEvent_1'],
    ],
  );
});

test('settings inside an event definition, sub processes, gateways, loops and local processes are read', () => {
  const model = modelOfXml(
    `<bpmn2:collaboration id="C"/>
    <bpmn2:process id="P1" name="Main">
      <bpmn2:exclusiveGateway id="G" name="Route" default="F2"/>
      <bpmn2:callActivity id="L" name="Loop">${PROCESS_CALL}<bpmn2:standardLoopCharacteristics loopMaximum="9"><bpmn2:loopCondition>\${property.more} = '{{More}}'</bpmn2:loopCondition></bpmn2:standardLoopCharacteristics></bpmn2:callActivity>
      <bpmn2:sequenceFlow id="F1" name="yes" sourceRef="G" targetRef="L">${properties({ expressionType: 'NonXML' })}<bpmn2:conditionExpression>\${header.a} = '1'</bpmn2:conditionExpression></bpmn2:sequenceFlow>
      <bpmn2:sequenceFlow id="F2" sourceRef="G" targetRef="L">${properties({ expressionType: 'XML' })}</bpmn2:sequenceFlow>
      <bpmn2:subProcess id="S" name="On error">${properties({ activityType: 'ErrorEventSubProcessTemplate' })}
        <bpmn2:startEvent id="E"><bpmn2:errorEventDefinition>${properties({ cmdVariantUri: 'ctype::FlowstepVariant/cname::ErrorStartEvent', alert: 'no' })}</bpmn2:errorEventDefinition></bpmn2:startEvent>
      </bpmn2:subProcess>
    </bpmn2:process>
    <bpmn2:process id="P2" name="Local">${properties({ processType: 'directCall' })}</bpmn2:process>`,
    'More=x',
  );
  assert.deepEqual(
    model.processes.map((p) => p.kind),
    ['main', 'local'],
  );
  const [gateway, loop, sub] = model.processes[0]?.nodes ?? [];
  assert.equal(gateway?.cname, 'ExclusiveGateway');
  assert.equal(gateway.defaultFlowId, 'F2');
  assert.deepEqual(loop?.loop, { maximum: 9, condition: "${property.more} = 'x'" });
  assert.equal(sub?.cname, 'ErrorEventSubProcessTemplate');
  const [start] = sub.inner?.nodes ?? [];
  assert.equal(start?.cname, 'ErrorStartEvent');
  assert.equal(start.properties.get('alert'), 'no');
  assert.deepEqual(
    model.processes[0]?.sequenceFlows.map((f) => [f.condition, f.expressionType]),
    [
      ["${header.a} = '1'", 'NonXML'],
      ['', 'XML'],
    ],
  );
});

const fallbacks: readonly [
  element: string,
  event: string | undefined,
  settings: Record<string, string>,
  cname: string,
][] = [
  ['callActivity', undefined, { activityType: 'Enricher' }, 'Enricher'],
  ['callActivity', undefined, { activityType: 'Script', script: 'a.groovy' }, 'GroovyScript'],
  ['callActivity', undefined, { activityType: 'Script', script: 'a.js' }, 'JavaScript'],
  [
    'callActivity',
    undefined,
    { activityType: 'Script', subActivityType: 'JavaScript' },
    'JavaScript',
  ],
  ['callActivity', undefined, { activityType: 'ProcessCallElement' }, 'NonLoopingProcess'],
  ['startEvent', undefined, {}, 'StartEvent'],
  ['startEvent', 'messageEventDefinition', {}, 'MessageStartEvent'],
  ['startEvent', 'timerEventDefinition', {}, 'intermediatetimer'],
  ['endEvent', 'terminateEventDefinition', {}, 'TerminateEndEvent'],
  ['serviceTask', undefined, {}, 'ExternalCall'],
  ['exclusiveGateway', undefined, {}, 'ExclusiveGateway'],
  ['somethingNew', undefined, {}, 'somethingNew'],
];

for (const [element, event, settings, cname] of fallbacks) {
  test(`a ${element} without variant, ${JSON.stringify({ event, ...settings })}, is a ${cname}`, () => {
    assert.equal(readCname(element, event, new Map(Object.entries(settings))), cname);
  });
}

test('externalised parameters are put into values, whole or embedded', () => {
  const model = modelOf({
    address: '{{Sender Address}}',
    userRole: 'a{{<x>}}b',
    parameters: { 'Sender Address': '/given', '<x>': '{{Sender Address}}' },
  });
  const settings = model.channels[0]?.properties;
  assert.equal(settings?.get('urlPath'), '/given');
  // A value is not searched for parameters again.
  assert.equal(settings.get('userRole'), 'a{{Sender Address}}b');
  assert.deepEqual(model.unresolvedParameters, []);
});

test('a parameter without value is noted once and left standing', () => {
  const model = modelOf({ address: '/{{none}}', userRole: '{{none}}' });
  assert.deepEqual(model.unresolvedParameters, ['none']);
  assert.equal(model.channels[0]?.properties.get('urlPath'), '/{{none}}');
});

test('an empty parameter value is a value', () => {
  const model = modelOf({ address: '/m{{empty}}', parameters: { empty: '' } });
  assert.deepEqual(model.unresolvedParameters, []);
  assert.equal(model.channels[0]?.properties.get('urlPath'), '/m');
});

test('tables are parsed after parameters went in, raw or already escaped', () => {
  const model = modelOf({
    steps: [
      {
        type: 'contentModifier',
        name: 'Set',
        headers: [
          { name: '<raw>', value: '{{<Raw>}}' },
          { name: 'escaped', value: '{{Escaped}}' },
        ],
      },
    ],
    parameters: {
      '<Raw>': "a < b & c</cell><cell id='Name'>other",
      Escaped: '&lt;x&gt; = &apos;1&apos;',
    },
  });
  const rows = model.processes[0]?.nodes[1]?.tables.get('headerTable');
  assert.deepEqual(
    rows?.map((row) => [row.get('Name'), row.get('Value')]),
    [
      ['<raw>', "a < b & c</cell><cell id='Name'>other"],
      ['escaped', "<x> = '1'"],
    ],
  );
});

test('a table can be a parameter as a whole', () => {
  const model = modelOf({
    steps: [
      {
        type: 'raw',
        name: 'Timer',
        cname: 'intermediatetimer',
        properties: { scheduleKey: '{{When}}' },
      },
    ],
    parameters: { When: '<row><cell>triggerType</cell><cell>simple</cell></row>' },
  });
  const rows = model.processes[0]?.nodes[1]?.tables.get('scheduleKey');
  assert.deepEqual(
    rows?.map((row) => [...row]),
    [
      [
        ['0', 'triggerType'],
        ['1', 'simple'],
      ],
    ],
  );
});

test('a table that is not well-formed is a fault that names its step', () => {
  assert.throws(
    () =>
      modelOf({
        steps: [
          {
            type: 'raw',
            name: 'Set',
            cname: 'Enricher',
            properties: { headerTable: '<row><cell>' },
          },
        ],
      }),
    (error) =>
      error instanceof BundleFault &&
      error.faults[0] === 'The table headerTable of "Set" is not well-formed.',
  );
});

test('an id that stands twice is a fault', () => {
  const twice = '<bpmn2:startEvent id="A"/><bpmn2:endEvent id="A"/>';
  assert.throws(
    () => modelOfXml(`<bpmn2:collaboration/><bpmn2:process id="P">${twice}</bpmn2:process>`),
    { message: 'The .iflw file has the id "A" twice.' },
  );
});

test('an .iflw without collaboration is a fault', () => {
  assert.throws(() => modelOfXml('<bpmn2:process id="P"/>'), BundleFault);
});

test('values that multiply beyond measure are refused before they are put in', () => {
  const address = '{{big}}'.repeat(1000);
  assert.throws(() => modelOf({ address, parameters: { big: 'x'.repeat(100_000) } }), {
    name: 'BundleFault',
    message: 'The values of its parameters make the iFlow too large.',
  });
});

test('a flow of more steps and routes than allowed is refused', () => {
  const steps = Array.from({ length: 5001 }, (_, i) => `<bpmn2:callActivity id="A${i}"/>`).join('');
  assert.throws(
    () => modelOfXml(`<bpmn2:collaboration/><bpmn2:process id="P">${steps}</bpmn2:process>`),
    { message: 'The iFlow has more than 5000 steps, routes and channels.' },
  );
});

const uses: readonly [text: string, filled: string, unresolved: string[]][] = [
  ['{{a}}{{a}}', '11', []],
  ['{{{b}}', '2', []],
  ['{{{a}}}', '{1}', []],
  ['{{ {{a}}', '{{ 1', []],
  ['{{c}} {{a}}', '{{c}} 1', ['c']],
  ['{{{c}}', '{{{c}}', ['c']],
  ['{{{{{{{{a}}', '{{{{{{1', []],
  ['{{}} {{', '{{}} {{', []],
  ['}} {{a', '}} {{a', []],
  ['{"x":{"y":{}}}', '{"x":{"y":{}}}', []],
  ['{{a}', '{{a}', []],
];

for (const [text, filled, unresolved] of uses) {
  test(`parameters in ${text} make ${filled}`, () => {
    const model = modelOf({ userRole: text, parameters: { a: '1', '{b': '2' } });
    assert.equal(model.channels[0]?.properties.get('userRole'), filled);
    assert.deepEqual(model.unresolvedParameters, unresolved);
  });
}
