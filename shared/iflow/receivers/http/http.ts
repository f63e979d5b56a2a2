import { METHODS } from 'node:http';
import { type Exchange, MAX_BODY_SIZE } from '../../exchange.ts';
import type { StepContext } from '../../steps/step.ts';
import { StepFailure } from '../../steps/step-failure.ts';
import { type EvaluateText, textsOf } from '../../steps/evaluating.ts';
import type { Receiver } from '../receiver.ts';
import { type Credential, readCredential } from './authentication.ts';
import { encodeBody } from './body-text.ts';
import { Call, type Prepared } from './call.ts';
import type { HttpConfig } from './config.ts';
import { requestHeaders, resolveHeaderList } from './request-headers.ts';
import { setHeaders } from './set-headers.ts';
import { failureOf, takeAnswer } from './take-answer.ts';
import { writeUrl } from './url.ts';

/** SAP Help, HTTP Receiver Adapter. */
export const http: Receiver = {
  async call(exchange, channel, context) {
    const config = channel.config as HttpConfig;
    const evaluate = textsOf(exchange, context);
    const isAllowed = resolveHeaderList(config.responseHeaders, evaluate);
    const { environment } = context;
    const service = await environment.services.http();
    const credential = await readCredential(config.authentication, evaluate, context);
    const request = writeRequest(config, exchange, evaluate, credential, context);
    const call = new Call(service, credential, context, service.sessions.jarOf(context));
    const answer = await call.sendWithRetries(request, config);
    if (config.throwOnFailure && (answer.status < 200 || answer.status > 299)) {
      throw failureOf(answer, request.url);
    }
    takeAnswer(exchange, answer, isAllowed);
  },
};

function writeRequest(
  config: HttpConfig,
  exchange: Exchange,
  evaluate: EvaluateText,
  credential: Credential,
  { environment }: StepContext,
): Prepared {
  const method = writeMethod(config.method, evaluate);
  const url = writeUrl(config, exchange.headers, evaluate);
  const hasBody = config.sendBody ? method !== 'TRACE' : !WITHOUT_BODY.has(method);
  const headers = requestHeaders(exchange.headers, config.requestHeaders, hasBody, evaluate);
  setHeaders(headers, { ...environment.trace.headers() });
  if (credential.kind === 'header') setHeaders(headers, { Authorization: credential.header });
  const isConfidential =
    credential.kind !== 'none' ||
    Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  if (credential.kind === 'certificate' && !/^https:/i.test(url)) {
    const text = 'A client certificate is shown over https:// alone; the address has http://.';
    throw new StepFailure('url', text);
  }
  return {
    url,
    method,
    headers,
    largestBody: MAX_BODY_SIZE,
    confidential: isConfidential,
    ...(hasBody ? { body: encodeBody(exchange) } : {}),
    ...(credential.kind === 'certificate' ? { identity: credential.identity } : {}),
  };
}

/** The body is sent with these only if the channel says so (SAP Help, HTTP Receiver Adapter). */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

/** Without a value it is POST (SAP Help, HTTP Receiver Adapter). */
function writeMethod(method: HttpConfig['method'], evaluate: EvaluateText): string {
  if (typeof method === 'string') return method;
  const written = evaluate(method.expression).trim().toUpperCase() || 'POST';
  if (METHODS.includes(written) && written !== 'CONNECT') return written;
  const text = `The receiver channel has the HTTP method ${JSON.stringify(written.slice(0, 50))} for this message, which cannot be sent.`;
  throw new StepFailure('method', text);
}
