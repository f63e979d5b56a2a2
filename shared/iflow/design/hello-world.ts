import { buildBundle } from '../bundle/build.ts';

const SCRIPT = `function processData(message) {
  var body = message.getBody();
  message.setBody("Hello world from IFlow");
  return message;
}
`;

/** The iFlow of the walk-through, as a bundle that SAP's editor opens as well. */
export function helloWorldBundle(): Uint8Array {
  return buildBundle({
    id: 'HelloWorld',
    name: 'Hello World',
    description: 'Answers every message with a greeting',
    address: '/v1/test/hello',
    steps: [{ type: 'script', name: 'Say hello', fileName: 'script1.js', source: SCRIPT }],
  });
}
