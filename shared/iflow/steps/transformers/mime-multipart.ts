import { isReserved } from '../../allowed-headers.ts';
import { asText } from '../../expressions/simple.ts';
import type { MimeHeader } from './mime/mime-headers.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';

export interface MimeEncodeConfig {
  /** Such as `mixed`. */
  readonly subtype: string;
  /** Whether the headers of the multipart stand in the body, and a message without attachments too. */
  readonly headersInline: boolean;
  /** Pattern of further headers in the body; '' for none. */
  readonly include: string;
  readonly foldLongHeaders: boolean;
}

export interface MimeDecodeConfig {
  readonly headersInline: boolean;
}

/** SAP Help, MIME Multipart Messages. */
export const mimeEncode: Step = {
  async run(exchange, node, context) {
    const config = node.config as MimeEncodeConfig;
    const { headersInline, include, subtype } = config;
    if (!headersInline && exchange.attachments.size === 0) return undefined;
    const id = Buffer.from(context.environment.randomBytes(16)).toString('hex');
    const boundary = `----=_Part_${id}`;
    const fold = headersInline || config.foldLongHeaders ? '\r\n\t' : '';
    const date = new Date(context.environment.now()).toUTCString().replace('GMT', '+0000 (UTC)');
    const headers: MimeHeader[] = [
      ['Date', date],
      ['Message-ID', `<${id}@flowgate>`],
      ['MIME-Version', '1.0'],
      ['Content-Type', `multipart/${subtype}; ${fold}boundary="${boundary}"`],
    ];
    const ofExchange = [...exchange.headers]
      .filter(([, value]) => value !== null)
      .map(([name, value]): MimeHeader => [name, asText(value)]);
    const type = exchange.headers.get('Content-Type');
    const call = {
      body: exchange.body,
      contentType: typeof type === 'string' ? type : 'application/octet-stream',
      attachments: [...exchange.attachments],
      boundary,
      inline: headersInline ? { headers, include, ofExchange } : null,
    };
    exchange.body = await runTask('mimeEncode', call, node, context);
    exchange.attachments.clear();
    exchange.headers.delete('Content-Type');
    if (!headersInline) for (const [name, value] of headers) exchange.headers.set(name, value);
    return undefined;
  },
};

/** Takes the first part for the body and the others for attachments. */
export const mimeDecode: Step = {
  async run(exchange, node, context) {
    const { headersInline } = node.config as MimeDecodeConfig;
    const type = exchange.headers.get('Content-Type');
    if (!headersInline && typeof type !== 'string') return undefined;
    const contentType = headersInline || typeof type !== 'string' ? null : type;
    const call = { body: exchange.body, contentType };
    const decoded = await runTask('mimeDecode', call, node, context);
    if (decoded === undefined) return undefined;
    exchange.body = decoded.body;
    if (!headersInline) {
      exchange.headers.delete('Content-Type');
      exchange.headers.delete('MIME-Version');
    }
    for (const [name, value] of decoded.headers) {
      if (!isReserved(name)) exchange.headers.set(name, value);
    }
    if (!['', 'application/octet-stream'].includes(decoded.contentType)) {
      exchange.headers.set('Content-Type', decoded.contentType);
    }
    for (const [name, attachment] of decoded.attachments) {
      const unnamed = Buffer.from(context.environment.randomBytes(16)).toString('hex');
      exchange.attachments.set(name || `${unnamed}@flowgate`, attachment);
    }
    return undefined;
  },
};
