import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowBundle, line } from '../support/flow-bundle.ts';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { emptyBundle } from '../../shared/iflow/bundle/empty.ts';
import type {
  BundleDescription,
  StepDescription,
} from '../../shared/iflow/bundle/bundle-description.ts';
import { readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { readZip } from '../../shared/iflow/bundle/unzip.ts';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { compileBundle } from '../../shared/iflow/compile.ts';
import { helloWorldBundle } from '../../shared/iflow/design/hello-world.ts';
import { type CompiledFlow, NotDeployable } from '../../shared/iflow/flow.ts';
import { steps } from '../../shared/iflow/steps/index.ts';
import { compilers } from '../../shared/iflow/steps/compilers.ts';

function build(description: Partial<BundleDescription> = {}): Uint8Array {
  return buildBundle({
    id: 'Tested',
    name: 'Tested',
    address: '/tested',
    steps: [],
    ...description,
  });
}

function compile(description: Partial<BundleDescription> = {}): CompiledFlow {
  return compileBundle(build(description)).flow;
}

function faultsOf(zip: Uint8Array): readonly string[] {
  try {
    compileBundle(zip);
  } catch (error) {
    if (error instanceof NotDeployable) return error.faults;
    throw error;
  }
  assert.fail('It was compiled without a fault.');
}

/** The bundle with text of its .iflw replaced. */
function edited(zip: Uint8Array, edit: (iflw: string) => string): Uint8Array {
  const entries = new Map(readZip(zip));
  const path = [...entries.keys()].find((p) => p.endsWith('.iflw')) ?? '';
  const iflw = Buffer.from(readBundle(zip).read(path, 1e6) ?? []).toString();
  const changed = edit(iflw);
  assert.notEqual(changed, iflw);
  entries.set(path, deflateEntry(path, changed));
  return writeZip(entries.values());
}

const script: StepDescription = {
  type: 'script',
  name: 'Greet',
  fileName: 'greet.js',
  source: 'function greet(m) { return m; }',
};

test('the walk-through flow compiles to its sender, its line of steps and its script', () => {
  const { flow } = compileBundle(helloWorldBundle());
  assert.equal(flow.id, 'HelloWorld');
  assert.equal(flow.name, 'Hello World');
  assert.equal(flow.version, '1.0.0');
  assert.deepEqual(flow.senders, [
    {
      adapter: 'HTTPS',
      channelId: 'MessageFlow_1',
      channelName: 'HTTPS',
      address: '/v1/test/hello',
      userRole: 'ESBMessaging.send',
      csrfProtected: false,
      maximumBodySize: 40 * 1024 * 1024,
      processId: 'Process_1',
      startId: 'StartEvent_1',
    },
  ]);
  const nodes = Object.values(flow.processes['Process_1']?.nodes ?? {});
  assert.deepEqual(
    nodes.map((n) => [n.type, n.next]),
    [
      ['MessageStartEvent', ['CallActivity_1']],
      ['JavaScript', ['EndEvent_1']],
      ['MessageEndEvent', []],
    ],
  );
  assert.match(flow.resources['script1.js'] ?? '', /setBody\("Hello world from IFlow"\)/);
});

test('a compiled flow is plain JSON', () => {
  const flow = compile({
    steps: [
      { ...script, functionName: 'greet' },
      { type: 'contentModifier', name: 'Set', body: { type: 'expression', content: 'a ${body}' } },
    ],
  });
  assert.deepEqual(JSON.parse(JSON.stringify(flow)), flow);
});

test('every step that can be compiled can be run', () => {
  assert.deepEqual(Object.keys(compilers).sort(), Object.keys(steps).sort());
});

test('the settings of collaboration and sender are taken over', () => {
  const flow = compile({
    address: '/Customer/*',
    userRole: 'Sales.send',
    csrfProtected: true,
    maximumBodySize: 2,
    allowedHeaders: ' x-a | x-.* |',
    returnExceptionToSender: true,
    namespaceMapping: 'xmlns:p=urn:1;xmlns:q="urn:2";',
  });
  assert.deepEqual(flow.settings, {
    namespaces: { p: 'urn:1', q: 'urn:2' },
    allowedHeaders: ['x-a', 'x-.*'],
    returnExceptionToSender: true,
    httpSessionHandling: 'None',
  });
  const [sender] = flow.senders;
  assert.equal(sender?.address, '/Customer/*');
  assert.equal(sender.userRole, 'Sales.send');
  assert.equal(sender.csrfProtected, true);
  assert.equal(sender.maximumBodySize, 2 * 1024 * 1024);
});

test('a sender that leaves its settings empty has the default role, size and CSRF protection', () => {
  const zip = edited(build(), (iflw) =>
    iflw
      .replace('<key>userRole</key><value>ESBMessaging.send</value>', '<key>userRole</key><value/>')
      .replace('<key>xsrfProtection</key><value>0</value>', '<key>xsrfProtection</key><value/>')
      .replace('<key>maximumBodySize</key><value>40</value>', '<key>maximumBodySize</key><value/>'),
  );
  const [sender] = compileBundle(zip).flow.senders;
  assert.equal(sender?.userRole, 'ESBMessaging.send');
  assert.equal(sender.csrfProtected, true);
  assert.equal(sender.maximumBodySize, 40 * 1024 * 1024);
});

test('everything that is missing is told at once, each step by name and type', () => {
  const zip = build({
    address: '/{{Where}}/{{To}}',
    steps: [
      { type: 'raw', name: 'Wait', cname: 'WaitForever', properties: {} },
      { type: 'raw', name: 'Convert', cname: 'GroovyScript', properties: { script: 'a.groovy' } },
      {
        type: 'contentModifier',
        name: 'Set',
        headers: [
          { name: 'number', type: 'numberRange', value: 'Orders:${header.id}' },
          { name: 'home', type: 'expression', value: '${sys.home}' },
          { name: 'path', type: 'xpath', value: '//q:a' },
          { name: 'bytes', dataType: 'byte[]' },
          { action: 'Delete', name: '$include=a|b' },
        ],
        properties: [
          { name: 'count', dataType: 'java.lang.Integer', value: 'many' },
          { name: 'last', type: 'cookie', value: 'x' },
        ],
      },
    ],
  });
  assert.deepEqual(faultsOf(zip), [
    'The parameter "Where" has no value.',
    'The parameter "To" has no value.',
    'Sender channel "HTTPS" (HTTPS) cannot be served. The address "/{{Where}}/{{To}}" may have letters, digits and the signs / _ ~ - . $ * only.',
    'Step "Wait" (WaitForever) is not available yet.',
    'Step "Convert" (GroovyScript) is not available yet.',
    'Step "Set" (Enricher) takes the number of the header "number" by a correlation id ("Orders:${header.id}"), which is not available yet.',
    'Step "Set" (Enricher) cannot set the header "home": the expression ${sys.home} is not available yet.',
    'Step "Set" (Enricher) cannot set the header "path": the XPath //q:a is not well-formed or not available.',
    'Step "Set" (Enricher) has the data type "byte[]" for the header "bytes", which is not available yet.',
    'Step "Set" (Enricher) deletes each header by the pattern "$include=a|b"; only names and * are available.',
    'Step "Set" (Enricher) cannot set the property "count": "many" is not of the data type integer.',
    'Step "Set" (Enricher) takes the value of the property "last" from "cookie", which is not available yet.',
  ]);
});

test('what is missing inside an exception subprocess is told as well', () => {
  const zip = flowBundle({
    processes: [
      {
        ...line(),
        exception: {
          nodes: [
            { id: 'Caught', cname: 'ErrorStartEvent' },
            { id: 'Notify', cname: 'ExternalCall' },
            { id: 'Map', cname: 'MessageMapping' },
            { id: 'Fail', cname: 'ErrorEndEvent' },
          ],
        },
      },
    ],
  });
  assert.deepEqual(faultsOf(zip), [
    'Step "Notify" (ExternalCall) is connected to no receiver.',
    'Step "Map" (MessageMapping) is not available yet.',
  ]);
});

test('a subprocess in an exception subprocess is told, and not left out', () => {
  const inner = '<bpmn2:subProcess id="Inner" name="Inner"/>';
  const zip = flowBundle({
    processes: [
      {
        ...line(),
        exception: {
          nodes: [
            { id: 'Caught', cname: 'ErrorStartEvent' },
            { id: 'Done', cname: 'MessageEndEvent' },
          ],
        },
      },
    ],
  });
  const nested = edited(zip, (iflw) => iflw.replace('</bpmn2:subProcess>', `${inner}$&`));
  assert.deepEqual(faultsOf(nested), [
    'Step "Inner" (subProcess) stands in another subprocess, which is not available.',
  ]);
});

test('a local process that is never called counts as well', () => {
  const local =
    '<bpmn2:process id="P2" name="Local"><bpmn2:startEvent id="S2"/><bpmn2:callActivity id="C2" name="Map"><bpmn2:extensionElements><ifl:property><key>activityType</key><value>Mapping</value></ifl:property></bpmn2:extensionElements></bpmn2:callActivity></bpmn2:process>';
  const zip = edited(build(), (iflw) =>
    iflw.replace('</bpmn2:process>', `</bpmn2:process>${local}`),
  );
  assert.ok(faultsOf(zip).includes('Step "Map" (MessageMapping) is not available yet.'));
});

const senderFaults: readonly [what: string, edit: (iflw: string) => string, fault: RegExp][] = [
  [
    'another adapter',
    (x) => x.replace('<value>HTTPS</value>', '<value>SOAP</value>'),
    /^Sender channel "HTTPS" \(SOAP\) is not available yet\.$/,
  ],
  [
    'a receiver',
    (x) =>
      x.replace(
        '<key>direction</key><value>Sender</value>',
        '<key>direction</key><value>Receiver</value>',
      ),
    /^Receiver channel "HTTPS" \(HTTPS\) is not available yet\.$/,
  ],
  [
    'client certificates and no name of one',
    (x) => x.replace('<value>RoleBased</value>', '<value>ClientCertificate</value>'),
    /asks for client certificates and names none/,
  ],
  [
    'no authorization',
    (x) => x.replace('<value>RoleBased</value>', '<value>None</value>'),
    /authorization "None", which is not available/,
  ],
  [
    'an odd CSRF setting',
    (x) =>
      x.replace(
        '<key>xsrfProtection</key><value>0</value>',
        '<key>xsrfProtection</key><value>maybe</value>',
      ),
    /CSRF protection "maybe"/,
  ],
  [
    'a body size of nothing',
    (x) =>
      x.replace(
        '<key>maximumBodySize</key><value>40</value>',
        '<key>maximumBodySize</key><value>0</value>',
      ),
    /body size "0"; it is 1 to 100 MB/,
  ],
  [
    'a body size beyond the host',
    (x) =>
      x.replace(
        '<key>maximumBodySize</key><value>40</value>',
        '<key>maximumBodySize</key><value>101</value>',
      ),
    /body size "101"; it is 1 to 100 MB/,
  ],
  [
    'a start that is none',
    (x) => x.replace('targetRef="StartEvent_1"><bpmn2:ext', 'targetRef="EndEvent_1"><bpmn2:ext'),
    /not connected to the start of a process/,
  ],
  [
    'CORS for no origin',
    (x) =>
      x.replace(
        '<key>ServerTrace</key><value>false</value>',
        '<key>corsEnabled</key><value>true</value>',
      ),
    /CORS is enabled and no origin is allowed/,
  ],
];

for (const [what, edit, fault] of senderFaults) {
  test(`a flow is not deployable with ${what}`, () => {
    assert.match(faultsOf(edited(build(), edit)).join('\n'), new RegExp(fault.source, 'm'));
  });
}

test('a flow is not deployable without a sender, since nothing could start it', () => {
  assert.deepEqual(faultsOf(emptyBundle('IntegrationFlow', 'Empty', 'Empty')), [
    'The iFlow has no sender channel and no timer: nothing could ever start it. Add an HTTPS sender.',
  ]);
});

test('two senders of a flow cannot serve the same address', () => {
  const zip = edited(build(), (iflw) => {
    const channel = /<bpmn2:messageFlow .*?<\/bpmn2:messageFlow>/s.exec(iflw)?.[0] ?? '';
    return iflw.replace(
      channel,
      channel + channel.replace('MessageFlow_1', 'MessageFlow_2').replace('/tested', '/TESTED'),
    );
  });
  assert.match(faultsOf(zip).join(), /serve the same address/);
});

test('patterns and namespaces of the runtime configuration are checked', () => {
  assert.match(faultsOf(build({ allowedHeaders: 'x-(' })).join(), /"x-\(" in Allowed Headers/);
  assert.match(faultsOf(build({ namespaceMapping: 'p=urn:1' })).join(), /namespace mapping/);
});

const lineFaults: readonly [what: string, edit: (iflw: string) => string, faults: RegExp[]][] = [
  [
    'that no route leads to',
    (x) => x.replace(/<bpmn2:sequenceFlow id="SequenceFlow_2"[^>]*>/, ''),
    [/"End" \(MessageEndEvent\) is not connected/],
  ],
  [
    'that leads to two',
    (x) =>
      x.replace(
        '</bpmn2:process>',
        '<bpmn2:sequenceFlow id="F9" sourceRef="CallActivity_1" targetRef="EndEvent_1"/></bpmn2:process>',
      ),
    [/"Greet" \(JavaScript\) leads to 2 steps/],
  ],
  [
    'that leads to what is not there',
    (x) => x.replace('targetRef="EndEvent_1"', 'targetRef="Gone"'),
    [/"SequenceFlow_2" does not connect two steps/],
  ],
  [
    'in a circle',
    (x) =>
      x.replace(
        'sourceRef="CallActivity_1" targetRef="EndEvent_1"',
        'sourceRef="CallActivity_1" targetRef="CallActivity_1"',
      ),
    [/"Greet" \(JavaScript\) leads back to itself/],
  ],
  [
    'behind an end',
    (x) =>
      x.replace(
        '</bpmn2:process>',
        '<bpmn2:sequenceFlow id="F9" sourceRef="EndEvent_1" targetRef="CallActivity_1"/></bpmn2:process>',
      ),
    [/"End" \(MessageEndEvent\) leads on/],
  ],
  [
    'before a start',
    (x) => x.replace('targetRef="EndEvent_1"', 'targetRef="StartEvent_1"'),
    [/"Start" \(MessageStartEvent\) has a sequence flow into it/],
  ],
];

for (const [what, edit, expected] of lineFaults) {
  test(`a flow is not deployable with a step ${what}`, () => {
    const faults = faultsOf(edited(build({ steps: [script] }), edit)).join('\n');
    for (const fault of expected) assert.match(faults, fault);
  });
}

test('a script step needs a script file that is there, and a function name', () => {
  const raw = (properties: Readonly<Record<string, string>>): Uint8Array =>
    build({ steps: [{ type: 'raw', name: 'Greet', cname: 'JavaScript', properties }] });
  assert.deepEqual(faultsOf(raw({ script: 'gone.js' })), [
    'Step "Greet" (JavaScript) names the script "gone.js", which the bundle does not have.',
  ]);
  assert.deepEqual(faultsOf(raw({})), ['Step "Greet" (JavaScript) names no script.']);
  assert.deepEqual(faultsOf(raw({ script: 'a.js', scriptBundleId: 'Shared' })), [
    'Step "Greet" (JavaScript) uses the script collection Shared, which is not there.',
  ]);
  assert.match(
    faultsOf(raw({ script: '../../../../META-INF/MANIFEST.MF' })).join(),
    /does not have/,
  );
  assert.match(
    faultsOf(build({ steps: [{ ...script, functionName: 'a();b' }] })).join(),
    /script function "a\(\);b", which is no name/,
  );
});

test('a script is compiled under its file name with the function that the step names', () => {
  const flow = compile({ steps: [{ ...script, functionName: 'greet' }] });
  assert.deepEqual(flow.processes['Process_1']?.nodes['CallActivity_1']?.config, {
    fileName: 'greet.js',
    functionName: 'greet',
  });
  assert.deepEqual(flow.resources, { 'greet.js': 'function greet(m) { return m; }' });
});

test('names that every object has are names like others', () => {
  const zip = edited(
    build({ steps: [{ ...script, fileName: '__proto__', functionName: 'greet' }] }),
    (iflw) => iflw.replaceAll('CallActivity_1', '__proto__'),
  );
  const { flow } = compileBundle(zip);
  const stored = JSON.parse(JSON.stringify(flow)) as CompiledFlow;
  assert.ok(Object.hasOwn(stored.processes['Process_1']?.nodes ?? {}, '__proto__'));
  assert.ok(Object.hasOwn(stored.resources, '__proto__'));
  assert.match(
    faultsOf(
      build({ steps: [{ type: 'raw', name: 'x', cname: 'constructor', properties: {} }] }),
    ).join(),
    /\(constructor\) is not available yet/,
  );
});
