import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { findSubscription, listSubscriptions, type Subscription } from '../roles.ts';
import { pageOf, pageReply, readPageRequest } from './paging.ts';
import type { RegistryDeps, Route } from './request.ts';

export const subscriptionRoutes: readonly Route[] = [
  { path: 'subscriptions', operations: { GET: getSubscriptions } },
  { path: 'subscriptions/*', operations: { GET: getSubscription } },
];

function getSubscriptions(call: HttpCall, deps: RegistryDeps): HttpReply {
  const scope = ['subscriptions'];
  const request = readPageRequest(call, scope);
  const page = pageOf(listSubscriptions(deps.subscriptions), (one) => one.name, request);
  return pageReply(page, scope, viewSubscription);
}

function getSubscription(_call: HttpCall, deps: RegistryDeps, name: string): HttpReply {
  return json(200, viewSubscription(findSubscription(deps.subscriptions, name)));
}

function viewSubscription({ name, application }: Subscription): Record<string, unknown> {
  return { subscription: name, application };
}
