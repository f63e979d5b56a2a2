import type { Base64Call } from './encode/base64-task.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';

export const base64Encode = base64('encode');
export const base64Decode = base64('decode');

function base64(direction: Base64Call['direction']): Step {
  return {
    async run(exchange, node, context) {
      exchange.body = await runTask('base64', { body: exchange.body, direction }, node, context);
      return undefined;
    },
  };
}
