import type { AccessPolicy, ArtifactReference } from '../registry/access-policies/access-policy.ts';
import type { AccessPolicyAdministration } from '../registry/access-policies/administration.ts';
import { readDescription, readReference, readRoleName } from '../registry/access-policies/rules.ts';
import { ODataError } from './errors.ts';
import type { Entity, EntityType } from './model.ts';
import { keyNumber } from './path.ts';
import { collectionRoutes, replyCreated, replyEntity } from './reply.ts';
import {
  isObject,
  memberOf,
  nestedEntities,
  type ODataRequest,
  readBody,
  type Routes,
  SMALL_BODY,
  textProperties,
} from './request.ts';

const artifactReferenceType: EntityType = {
  name: 'ArtifactReference',
  set: 'ArtifactReferences',
  keys: ['Id'],
  properties: {
    Id: 'Edm.Int64',
    Name: 'Edm.String',
    Description: 'Edm.String',
    Type: 'Edm.String',
    ConditionAttribute: 'Edm.String',
    ConditionValue: 'Edm.String',
    ConditionType: 'Edm.String',
  },
  get navigations() {
    return { AccessPolicy: { type: accessPolicyType, many: false } };
  },
  media: false,
};

const accessPolicyType: EntityType = {
  name: 'AccessPolicy',
  set: 'AccessPolicies',
  keys: ['Id'],
  properties: { Id: 'Edm.Int64', RoleName: 'Edm.String', Description: 'Edm.String' },
  navigations: { ArtifactReferences: { type: artifactReferenceType, many: true } },
  media: false,
};

/** Types with an entity set of their own, for `$metadata`. */
export const accessPolicyTypes: readonly EntityType[] = [accessPolicyType, artifactReferenceType];

const POLICY = ['RoleName', 'Description'] as const;
const REFERENCE = [
  'Name',
  'Description',
  'Type',
  'ConditionAttribute',
  'ConditionType',
  'ConditionValue',
] as const;

/** SAP Help, Security Content: access policies and their artifact references. */
export function accessPolicyRoutes(policies: AccessPolicyAdministration): Routes {
  const find = (request: ODataRequest) => policies.get(keyNumber(request.segments[0], 'Id'));
  const policyOf = async (referenceId: number): Promise<AccessPolicy> => {
    const found = (await policies.list()).find(({ references }) =>
      references.some(({ id }) => id === referenceId),
    );
    if (found === undefined) throw ODataError.notFound();
    return found;
  };
  const findReference = async (request: ODataRequest): Promise<Entity> => {
    const id = keyNumber(request.segments[0], 'Id');
    const found = (await policyOf(id)).references.find((reference) => reference.id === id);
    if (found === undefined) throw ODataError.notFound();
    return referenceEntity(found);
  };
  const ofPolicy = {
    ArtifactReferences: async ({ Id }: Entity) =>
      (await policies.get(Number(Id))).references.map(referenceEntity),
  };
  const ofReference = {
    AccessPolicy: async ({ Id }: Entity) => [policyEntity(await policyOf(Number(Id)))],
  };
  const list = collectionRoutes(
    'AccessPolicies',
    accessPolicyType,
    async () => (await policies.list()).map(policyEntity),
    ofPolicy,
  );
  const references = collectionRoutes(
    'ArtifactReferences',
    artifactReferenceType,
    async () => (await policies.list()).flatMap((policy) => policy.references.map(referenceEntity)),
    ofReference,
  );
  return {
    ...list,
    AccessPolicies: {
      ...list['AccessPolicies'],
      POST: async (request) => {
        const body = await readBody(request.call, SMALL_BODY);
        const given = textProperties(body, POLICY, ['Id', 'ArtifactReferences']);
        const nested = nestedEntities(body, 'ArtifactReferences') ?? [];
        const policy = {
          roleName: readRoleName(given.RoleName),
          description: readDescription(given.Description),
        };
        const read = await Promise.all(
          nested.map((one) =>
            readReference(textProperties(one, REFERENCE, ['Id', 'AccessPolicy'])),
          ),
        );
        const created = await policies.create(policy, read);
        const reply = replyCreated(request, accessPolicyType, policyEntity(created));
        return { ...reply, audit: noteOf(created, created.references) };
      },
    },
    'AccessPolicies()': {
      GET: async (request) =>
        replyEntity(request, accessPolicyType, policyEntity(await find(request)), ofPolicy),
      PATCH: async (request) => {
        const { roleName, id, description } = await find(request);
        const body = await readBody(request.call, SMALL_BODY);
        const given = textProperties(body, POLICY, ['Id', 'ArtifactReferences']);
        if (given.RoleName !== undefined && given.RoleName !== roleName) {
          throw ODataError.badRequest(
            'The RoleName of an access policy does not change. Make a policy for the other role and delete this one.',
          );
        }
        const changed = await policies.describe(
          id,
          given.Description === undefined ? description : readDescription(given.Description),
        );
        return { status: 204, audit: noteOf(changed) };
      },
      DELETE: async (request) => {
        const removed = await policies.remove(keyNumber(request.segments[0], 'Id'));
        return { status: 204, audit: noteOf(removed, removed.references) };
      },
    },
    ...collectionRoutes(
      'AccessPolicies()/ArtifactReferences',
      artifactReferenceType,
      async (request) => (await find(request)).references.map(referenceEntity),
    ),
    ...references,
    ArtifactReferences: {
      ...references['ArtifactReferences'],
      POST: async (request) => {
        const body = await readBody(request.call, SMALL_BODY);
        const policyId = policyIdIn(body);
        const given = textProperties(body, REFERENCE, ['Id', 'AccessPolicy']);
        const created = await policies.addReference(policyId, await readReference(given));
        const policy = await policies.get(policyId);
        const reply = replyCreated(request, artifactReferenceType, referenceEntity(created));
        return { ...reply, audit: noteOf(policy, [created]) };
      },
    },
    'ArtifactReferences()': {
      GET: async (request) =>
        replyEntity(request, artifactReferenceType, await findReference(request), ofReference),
      DELETE: async (request) => {
        const id = keyNumber(request.segments[0], 'Id');
        const policy = await policies.removeReference(id);
        const removed = policy.references.filter((reference) => reference.id === id);
        return { status: 204, audit: noteOf(policy, removed) };
      },
    },
    'ArtifactReferences()/AccessPolicy': {
      GET: async (request) => {
        const policy = await policyOf(keyNumber(request.segments[0], 'Id'));
        return replyEntity(request, accessPolicyType, policyEntity(policy), ofPolicy);
      },
    },
  };
}

/** The policy that a reference is for: `{"Id":"7"}`, as SAP's own tools send it. */
function policyIdIn(body: object): number {
  const link = memberOf(body, 'AccessPolicy');
  const id = isObject(link) ? memberOf(link, 'Id') : undefined;
  const text = typeof id === 'string' || typeof id === 'number' ? String(id) : '';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw ODataError.badRequest(
    'Property \'AccessPolicy\' tells the policy that the reference is for: {"Id":"1"}.',
  );
}

function noteOf(
  { roleName }: AccessPolicy,
  references: readonly ArtifactReference[] = [],
): { readonly name: string; readonly detail: string } {
  const told = references.map(({ type, attribute, condition, value }) => {
    const sign = condition === 'exactString' ? '=' : 'matches';
    return `${type} ${attribute} ${sign} ${value}`;
  });
  return { name: roleName, detail: told.join('; ') };
}

function policyEntity({ id, roleName, description }: AccessPolicy): Entity {
  return { Id: id, RoleName: roleName, Description: description };
}

function referenceEntity(reference: ArtifactReference): Entity {
  return {
    Id: reference.id,
    Name: reference.name,
    Description: reference.description,
    Type: reference.type,
    ConditionAttribute: reference.attribute,
    ConditionValue: reference.value,
    ConditionType: reference.condition,
  };
}
