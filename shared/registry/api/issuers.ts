import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import type { IfMatch } from '../change-client.ts';
import type { Versioned } from '../client.ts';
import { changeIssuer, deleteIssuer, readIssuer } from '../issuers/change-issuer.ts';
import { diagnoseIssuer } from '../issuers/diagnose-issuer.ts';
import { MOST_ISSUERS, type TrustedIssuer } from '../issuers/issuer.ts';
import type { IssuerStore } from '../issuers/issuer-store.ts';
import { noteIssuerChange } from './audited-changes.ts';
import { requireIfMatch } from './if-match.ts';
import {
  issuerMembers,
  type IssuerSettings,
  readIssuerId,
  readIssuerSettings,
  tokenMembers,
  viewIssuer,
} from './issuer-members.ts';
import { readJsonObject } from './json-body.ts';
import { parseMembers } from './parse-members.ts';
import { pageReply, readPageRequest } from './paging.ts';
import { addressOf, type RegistryDeps, type RegistryReply, type Route } from './request.ts';

export const issuerRoutes: readonly Route[] = [
  { path: 'issuers', operations: { GET: listIssuers, POST: trustIssuer } },
  {
    path: 'issuers/*',
    operations: { GET: getIssuer, PUT: putIssuer, PATCH: patchIssuer, DELETE: removeIssuer },
  },
  { path: 'issuers/*/diagnosis', operations: { GET: getDiagnosis, POST: postToken } },
];

async function listIssuers(call: HttpCall, deps: RegistryDeps): Promise<HttpReply> {
  const scope = ['issuers'];
  const page = await deps.issuers.store.list(readPageRequest(call, scope));
  return pageReply(page, scope, viewIssuer);
}

async function trustIssuer(call: HttpCall, deps: RegistryDeps): Promise<RegistryReply> {
  const members = await readJsonObject(call);
  const issuerId = readIssuerId(members);
  const now = deps.clock.now();
  const settings = readIssuerSettings(members, issuerId, surroundingsOf(deps));
  const issuer: TrustedIssuer = { issuerId, ...settings, createdAt: now, updatedAt: now };
  const { store } = deps.issuers;
  await refuseOverlap(store, issuer);
  const etag = await store.create(issuer);
  if (etag === undefined) {
    throw Problem.conflict('There is an issuer of this id already. Choose another issuer_id.');
  }
  const reply = json(201, viewIssuer(issuer), {
    Location: addressOf('issuers', issuerId),
    ETag: etag,
  });
  return { ...reply, audit: { name: issuerId, detail: settings.issuer } };
}

async function getIssuer(
  _call: HttpCall,
  { issuers }: RegistryDeps,
  issuerId: string,
): Promise<HttpReply> {
  return issuerReply(await readIssuer(issuers.store, issuerId));
}

/** Replaces all settings: what is absent gets its default. */
async function putIssuer(
  call: HttpCall,
  deps: RegistryDeps,
  issuerId: string,
): Promise<RegistryReply> {
  const members = await readJsonObject(call);
  const ifMatch = await requireIfMatch(call, () => readIssuer(deps.issuers.store, issuerId));
  return changeSettings(deps, issuerId, ifMatch, () =>
    readIssuerSettings(members, issuerId, surroundingsOf(deps)),
  );
}

/** RFC 7396: null sets a member back to its default; rules are replaced as a whole. */
async function patchIssuer(
  call: HttpCall,
  deps: RegistryDeps,
  issuerId: string,
): Promise<RegistryReply> {
  const patch = await readJsonObject(call, ['application/merge-patch+json', 'application/json']);
  const ifMatch = await requireIfMatch(call, () => readIssuer(deps.issuers.store, issuerId));
  return changeSettings(deps, issuerId, ifMatch, (issuer) => {
    const merged = new Map([...Object.entries(issuerMembers(issuer)), ...patch]);
    return readIssuerSettings(merged, issuerId, surroundingsOf(deps));
  });
}

async function changeSettings(
  deps: RegistryDeps,
  issuerId: string,
  ifMatch: IfMatch,
  settingsOf: (issuer: TrustedIssuer) => IssuerSettings,
): Promise<RegistryReply> {
  const { store } = deps.issuers;
  let before: TrustedIssuer | undefined;
  const changed = await changeIssuer(store, issuerId, ifMatch, async (issuer) => {
    before = issuer;
    const { createdAt } = issuer;
    const after = { issuerId, ...settingsOf(issuer), createdAt, updatedAt: deps.clock.now() };
    await refuseOverlap(store, after);
    return after;
  });
  return { ...issuerReply(changed), audit: noteIssuerChange(before, changed.value) };
}

async function removeIssuer(
  call: HttpCall,
  { issuers }: RegistryDeps,
  issuerId: string,
): Promise<HttpReply> {
  const ifMatch = await requireIfMatch(call, () => readIssuer(issuers.store, issuerId));
  await deleteIssuer(issuers.store, issuerId, ifMatch);
  return { status: 204 };
}

async function getDiagnosis(
  _call: HttpCall,
  deps: RegistryDeps,
  issuerId: string,
): Promise<HttpReply> {
  const { value } = await readIssuer(deps.issuers.store, issuerId);
  return json(200, await diagnoseIssuer(value, deps));
}

/** With a token, which is looked at and not kept. */
async function postToken(call: HttpCall, deps: RegistryDeps, issuerId: string): Promise<HttpReply> {
  const members = await readJsonObject(call);
  const { value } = await readIssuer(deps.issuers.store, issuerId);
  const { token } = parseMembers(tokenMembers, members, []);
  return json(200, await diagnoseIssuer(value, deps, token));
}

/**
 * Two entries may share an `iss`, for other audiences or another subscription. Where both would take
 * the same token, which rules hold would be left to chance.
 */
async function refuseOverlap(store: IssuerStore, issuer: TrustedIssuer): Promise<void> {
  const { items } = await store.list({ limit: 2 * MOST_ISSUERS });
  const others = items.filter((one) => one.issuerId !== issuer.issuerId);
  if (others.length >= MOST_ISSUERS) {
    throw Problem.conflict(`There are at most ${MOST_ISSUERS} trusted issuers. Delete one first.`);
  }
  const overlapping = others.find(
    (one) =>
      one.issuer === issuer.issuer &&
      one.subscription === issuer.subscription &&
      (one.audience.some((audience) => issuer.audience.includes(audience)) ||
        // What is exchanged may be for this server itself, and would be for both.
        [one, issuer].every(({ use }) => use.includes('exchange'))),
  );
  if (overlapping === undefined) return;
  throw Problem.conflict(
    `The issuer ${overlapping.issuerId} takes the same tokens: issuer and subscription are the same, and so is an audience, or both are exchanged. Change that one instead.`,
  );
}

const surroundingsOf = ({ subscriptions, issuers }: RegistryDeps) => ({
  subscriptions,
  ownIssuer: issuers.own,
  privateHosts: issuers.privateHosts,
});

function issuerReply({ value, etag }: Versioned<TrustedIssuer>): HttpReply {
  return json(200, viewIssuer(value), { ETag: etag });
}
