/**
 * The work of the order flows by the nodes that Node-RED has for it: `node node-red-orders.js
 * [STYLESHEET]`. It has none for XSLT: a function node calls SaxonJS, with the stylesheet compiled by its
 * xslt3 as its documentation says.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SaxonJS from 'saxon-js';
import { functionNode, httpIn, httpResponse, runNodeRed } from './run-node-red.js';

const [stylesheet] = process.argv.slice(2);
const xml = { type: 'xml', property: 'payload', attr: '', chr: '' };
const answer = httpResponse({ 'content-type': 'application/xml' });

const transform = `const { SaxonJS, stylesheet } = global.get('bench');
msg.payload = SaxonJS.transform({
  stylesheetInternal: stylesheet,
  sourceText: msg.payload,
  destination: 'serialized',
}).principalResult;
return msg;`;

const takeOrders = 'msg.payload = msg.payload.orders.order; return msg;';

/** The join puts back what \`payload\` is: an object for each order. */
const number =
  'msg.payload = { $: { number: msg.parts.index }, orders: { order: msg.payload } }; return msg;';

const combine = `msg.payload = {
  'multimap:Messages': {
    $: { 'xmlns:multimap': 'http://sap.com/xi/XI/SplitAndMerge' },
    'multimap:Message1': { line: msg.payload },
  },
};
return msg;`;

const flows = [
  // HTTP in makes an object of a JSON body.
  [httpIn('post', '/json-to-xml'), xml, answer],
  [
    httpIn('post', '/numbered'),
    xml,
    functionNode(takeOrders),
    { type: 'split', splt: '\\n', spltType: 'str', arraySplt: 1, arraySpltType: 'len' },
    functionNode(number),
    { type: 'join', mode: 'auto', build: 'array', property: 'payload', accumulate: false },
    functionNode(combine),
    xml,
    answer,
  ],
];
if (stylesheet !== undefined) {
  flows.push([httpIn('post', '/invoices'), xml, functionNode(transform), answer]);
}
await runNodeRed(flows, {
  global: { bench: { SaxonJS, stylesheet: stylesheet && compile(stylesheet) } },
});

function compile(file) {
  const xslt3 = createRequire(import.meta.url).resolve('xslt3/xslt3.js');
  const exported = join(tmpdir(), `flowgate-bench-${process.pid}.sef.json`);
  const { status } = spawnSync(process.execPath, [
    xslt3,
    `-xsl:${file}`,
    `-export:${exported}`,
    '-nogo',
  ]);
  if (status !== 0) throw new Error(`${file} cannot be compiled.`);
  const compiled = JSON.parse(readFileSync(exported, 'utf8'));
  rmSync(exported);
  return compiled;
}
