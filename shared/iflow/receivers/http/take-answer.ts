import type { HttpAnswer } from '../../../net/http-client.ts';
import { shownUrl } from '../../../net/http-client.ts';
import type { Exchange } from '../../exchange.ts';
import { StepFailure } from '../../steps/step-failure.ts';
import { answerText, decodeAnswer } from './body-text.ts';
import { isCamel, isInternal } from './request-headers.ts';

/** Of one connection, or about a form that the body no longer has. */
const NOT_TAKEN = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Of the request alone: the adapter takes them out of the message, as Camel's HTTP components do. */
const OF_THE_REQUEST = [
  'cache-control',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expect',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'referer',
  'retry-after',
  'server',
  'user-agent',
  'vary',
  'www-authenticate',
];

/** Puts an answer in the place of the message: body, status and the headers that are allowed. */
export function takeAnswer(
  exchange: Exchange,
  answer: HttpAnswer,
  isAllowed: (name: string) => boolean,
): void {
  const { headers } = exchange;
  for (const name of OF_THE_REQUEST) headers.delete(name);
  for (const [lower, { name, values }] of answer.headers) {
    if (!isAllowed(lower) || NOT_TAKEN.has(lower) || isCamel(lower) || isInternal(lower)) continue;
    const [only = ''] = values;
    if (values.length === 1) headers.set(name, only);
    // RFC 9110 section 5.3: one list, but for cookies.
    else headers.set(name, lower === 'set-cookie' ? values : values.join(', '));
  }
  const decoded = decodeAnswer(answer.body, contentTypeOf(answer));
  exchange.body = decoded.body;
  if (decoded.contentType !== '') headers.set('Content-Type', decoded.contentType);
  headers.set('CamelHttpResponseCode', answer.status);
  headers.set('CamelHttpResponseText', answer.statusText);
}

/** Of what a failed call has answered: for exception subprocesses, which may write it anywhere. */
const MAX_ANSWER_CHARACTERS = 1024 * 1024;
/** No encoding takes more bytes for them; a part of a longer text would keep the whole in memory. */
const MAX_ANSWER_BYTES = 4 * MAX_ANSWER_CHARACTERS;

/**
 * What a call that is answered with an error fails with: SAP's adapter throws Camel's exception with
 * this message (SAP Help, Script Example for Exception Handling in HTTP Receiver). Queries are left
 * out, since they may hold secrets.
 */
export function failureOf(answer: HttpAnswer, url: string): StepFailure {
  const location = answer.headers.get('location')?.values[0];
  const isRedirect = answer.status >= 300 && answer.status < 400 && location !== undefined;
  const redirect = isRedirect ? `, redirectLocation: ${shownLocation(location, url)}` : '';
  const invoked = shownUrl(new URL(url));
  return new StepFailure(
    'receiver_answer',
    `HTTP operation failed invoking ${invoked} with statusCode: ${answer.status}${redirect}`,
    undefined,
    {
      class: 'org.apache.camel.component.ahc.AhcOperationFailedException',
      statusCode: answer.status,
      statusText: answer.statusText.slice(0, 200),
      responseBody: answerText(
        answer.body.subarray(0, MAX_ANSWER_BYTES),
        contentTypeOf(answer),
      ).slice(0, MAX_ANSWER_CHARACTERS),
    },
  );
}

function shownLocation(location: string, base: string): string {
  return URL.canParse(location, base) ? shownUrl(new URL(location, base)) : '(no URL)';
}

function contentTypeOf(answer: HttpAnswer): string {
  return answer.headers.get('content-type')?.values[0] ?? '';
}
