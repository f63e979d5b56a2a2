import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { badQuery, readQuery } from './paging.ts';
import type { RegistryDeps, Route } from './request.ts';

export const diagnosisRoutes: readonly Route[] = [
  { path: 'clients/*/diagnosis', operations: { GET: getDiagnosis } },
];

const LONGEST_ADDRESS = 2000;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** An unknown client is a finding, not a 404: that is what the caller wants to know. */
async function getDiagnosis(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<HttpReply> {
  const path = readQuery(call, 'address');
  const method = (readQuery(call, 'method') ?? 'POST').toUpperCase();
  if (!METHODS.includes(method)) throw badQuery(`method is one of ${METHODS.join(', ')}.`);
  if (path === undefined) return json(200, await diagnose(deps, clientId));
  const isPath = path.length <= LONGEST_ADDRESS && /^\/[^?#\\]/.test(path) && !/[?#\\]/.test(path);
  const trace = isPath ? await deps.flows.trace(path) : undefined;
  if (trace === undefined) {
    throw badQuery(
      'address is what follows /http in the URL of the call, such as /v1/test/hello: it begins with /, has no query, and no part of it is empty, . or ..',
    );
  }
  return json(200, await diagnose(deps, clientId, { path, method, trace }));
}
