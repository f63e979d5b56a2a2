import { type ArtifactKind, ARTIFACT_KINDS } from '../iflow/bundle/artifact-kind.ts';
import { setOf } from '../iflow/design/artifact-rules.ts';
import type { DesignArtifact } from '../iflow/design/design-store.ts';
import { configurationType, resourceType } from './bundle-contents.ts';
import type { Entity, EntityType } from './model.ts';

const COMMON = {
  Id: 'Edm.String',
  Version: 'Edm.String',
  PackageId: 'Edm.String',
  Name: 'Edm.String',
  Description: 'Edm.String',
} as const;

const resources = { Resources: { type: resourceType, many: true } };

/** The entity type of each kind of design-time artifact. */
export const artifactTypes: Readonly<Record<ArtifactKind, EntityType>> = {
  IntegrationFlow: typeOf('IntegrationFlow', {
    properties: {
      ...COMMON,
      Sender: 'Edm.String',
      Receiver: 'Edm.String',
      CreatedBy: 'Edm.String',
      CreatedAt: 'Edm.String',
      ModifiedBy: 'Edm.String',
      ModifiedAt: 'Edm.String',
    },
    navigations: { Configurations: { type: configurationType, many: true }, ...resources },
  }),
  MessageMapping: typeOf('MessageMapping', { properties: COMMON, navigations: resources }),
  ScriptCollection: typeOf('ScriptCollection', { properties: COMMON, navigations: resources }),
  ValueMapping: typeOf('ValueMapping', { properties: COMMON, navigations: resources }),
};

/** Types with an entity set of their own, for `$metadata`. */
export const designTypes: readonly EntityType[] = [
  ...ARTIFACT_KINDS.map((kind) => artifactTypes[kind]),
  configurationType,
  resourceType,
];

/** As function imports name them: `Deploy<name>`, `<name>SaveAsVersion`. */
export const artifactName = (kind: ArtifactKind): string => artifactTypes[kind].name;

export function artifactEntity(artifact: DesignArtifact): Entity {
  return {
    Id: artifact.id,
    Version: artifact.version,
    PackageId: artifact.packageId,
    Name: artifact.name,
    Description: artifact.description,
    ...(artifact.kind === 'IntegrationFlow'
      ? {
          Sender: '',
          Receiver: '',
          CreatedBy: artifact.createdBy,
          CreatedAt: String(artifact.createdAt),
          ModifiedBy: artifact.modifiedBy,
          ModifiedAt: String(artifact.modifiedAt),
        }
      : {}),
  };
}

function typeOf(
  kind: ArtifactKind,
  members: Pick<EntityType, 'properties' | 'navigations'>,
): EntityType {
  const set = setOf(kind);
  return { name: set.slice(0, -1), set, keys: ['Id', 'Version'], ...members, media: true };
}
