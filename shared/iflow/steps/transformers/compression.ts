import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';

export const gzipCompress: Step = {
  async run(exchange, node, context) {
    const call = { body: exchange.body, as: { format: 'gzip' } } as const;
    exchange.body = await runTask('compress', call, node, context);
    return undefined;
  },
};

export const gzipDecompress: Step = {
  async run(exchange, node, context) {
    const call = { body: exchange.body, format: 'gzip' } as const;
    exchange.body = (await runTask('decompress', call, node, context)).body;
    return undefined;
  },
};

/** As Camel's zip file format: the file is named as `CamelFileName` says, which then names the zip. */
export const zipCompress: Step = {
  async run(exchange, node, context) {
    const given = exchange.headers.get('CamelFileName');
    const last = typeof given === 'string' ? (/[^/\\]*$/.exec(given)?.[0] ?? '') : '';
    const name = last.replace(/[:\p{Cc}]/gu, '_').slice(0, 200);
    const fileName =
      name.replaceAll('.', '').trim() === ''
        ? Buffer.from(context.environment.randomBytes(16)).toString('hex')
        : name;
    const call = { body: exchange.body, as: { format: 'zip', fileName } } as const;
    exchange.body = await runTask('compress', call, node, context);
    exchange.headers.set('CamelFileName', `${fileName}.zip`);
    return undefined;
  },
};

export const zipDecompress: Step = {
  async run(exchange, node, context) {
    const call = { body: exchange.body, format: 'zip' } as const;
    const { body, fileName } = await runTask('decompress', call, node, context);
    exchange.body = body;
    exchange.headers.set('CamelFileName', fileName);
    return undefined;
  },
};
