import type { Handler, HttpCall, HttpReply } from '../../http/call.ts';
import { matchesIfNoneMatch } from '../../http/conditional.ts';
import { Fault } from '../../http/fault.ts';
import { Problem } from '../../http/problem.ts';
import { assignmentRoutes } from './assignments.ts';
import { auditRoutes } from './audit.ts';
import { auditedChange } from './audited-changes.ts';
import { clientRoutes } from './clients.ts';
import { diagnosisRoutes } from './diagnosis.ts';
import { grantRoutes } from './grants.ts';
import { initialAccessTokenRoutes } from './initial-access-tokens.ts';
import { issuerRoutes } from './issuers.ts';
import { BASE, type RegistryDeps, type Route } from './request.ts';
import { roleRoutes } from './roles.ts';
import { secretRotationRoutes } from './secret-rotation.ts';
import { secretRoutes } from './secrets.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';

export const ROUTES: readonly (Route & { readonly segments: readonly string[] })[] = [
  ...clientRoutes,
  // Before secrets: no secret has the id rotation.
  ...secretRotationRoutes,
  ...secretRoutes,
  ...diagnosisRoutes,
  ...subscriptionRoutes,
  ...roleRoutes,
  ...assignmentRoutes,
  ...initialAccessTokenRoutes,
  ...issuerRoutes,
  ...userRoutes,
  ...grantRoutes,
  ...auditRoutes,
  ...tokenRoutes,
].map((route) => ({ ...route, segments: route.path.split('/') }));

const WRITERS = ['AuthGroup.Administrator'];
const READERS = [...WRITERS, 'AuthGroup.IntegrationDeveloper', 'AuthGroup.ReadOnly'];

/**
 * `/registry/v1/…`: clients, secrets, subscriptions, roles, assignments, users and issued tokens for
 * callers with a token for the subscription `<account>tmn`. Reading takes one of the three groups, changing takes
 * AuthGroup.Administrator, and every change leaves an entry in the audit trail.
 */
export function createRegistryApi(deps: RegistryDeps): Handler {
  return async (call) => {
    const segments = segmentsOf(call.url.pathname);
    const [first = ''] = segments;
    if (deps.extra !== undefined && Object.hasOwn(deps.extra, first)) {
      const room = deps.extra[first];
      if (room !== undefined) return withoutStoring(call, await room(call));
    }
    const { route, values } = findRoute(segments);
    const allowed = methodsOf(route);
    if (call.method === 'OPTIONS') return { status: 204, headers: { Allow: allowed.join(', ') } };
    const reading = call.method === 'GET' || call.method === 'HEAD';
    const operation = operationOf(route, reading ? 'GET' : call.method);
    if (operation === undefined) throw Fault.methodNotAllowed(allowed);

    const caller = await deps.gate.authenticate(call, deps.subscriptions.tmn);
    call.annotate({ client_id: caller.clientId });
    await deps.gate.requireRole(caller, reading ? (route.readers ?? READERS) : WRITERS);

    if (reading) return withoutStoring(call, await operation(call, deps, ...values));
    const reply = await deps.audit.trail.change(
      { ...auditedChange(call.method, route.path, values), actor: caller.user, call },
      () => operation(call, deps, ...values),
      ({ audit }) => audit,
    );
    return withoutStoring(call, reply);
  };
}

/** What the registry tells is for the caller alone, and may hold a secret. */
function withoutStoring(call: HttpCall, reply: HttpReply): HttpReply {
  const headers = { ...reply.headers, 'Cache-Control': 'no-store' };
  const etag = reply.headers?.['ETag'];
  const reading = call.method === 'GET' || call.method === 'HEAD';
  if (reading && etag !== undefined && matchesIfNoneMatch(call.headers, etag)) {
    return { status: 304, headers };
  }
  // RFC 9110 section 9.3.2: HEAD is GET without the content.
  if (call.method === 'HEAD') return { status: reply.status, headers };
  return { ...reply, headers };
}

/** The decoded segments below {@link BASE}; host and route match may differ from it in case. */
function segmentsOf(pathname: string): readonly string[] {
  const below = pathname.slice(BASE.length);
  if (pathname.slice(0, BASE.length).toLowerCase() !== BASE || !below.startsWith('/')) {
    throw nothingHere();
  }
  return below.slice(1).split('/').map(decodeSegment);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new Problem(
      400,
      'invalid_path',
      'The path holds a percent sign that does not begin an encoded UTF-8 character. Encode each part of the path by itself.',
    );
  }
}

function findRoute(segments: readonly string[]): { route: Route; values: readonly string[] } {
  for (const route of ROUTES) {
    if (route.segments.length !== segments.length) continue;
    // An empty value is none.
    const matches = route.segments.every((expected, i) =>
      expected === '*' ? segments[i] !== '' : segments[i] === expected,
    );
    if (!matches) continue;
    return { route, values: segments.filter((_, i) => route.segments[i] === '*') };
  }
  throw nothingHere();
}

function operationOf(route: Route, method: string) {
  return Object.entries(route.operations).find(([name]) => name === method)?.[1];
}

function methodsOf(route: Route): readonly string[] {
  return Object.keys(route.operations)
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .concat('OPTIONS');
}

function nothingHere(): Problem {
  return Problem.notFound(
    `There is nothing at this address. Below ${BASE} there are clients, initial-access-tokens, subscriptions, users, issuers, tokens, keys, facades and audit; no part of a path may be empty.`,
  );
}
