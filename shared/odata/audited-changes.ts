import { type ArtifactKind, ARTIFACT_KINDS } from '../iflow/bundle/artifact-kind.ts';
import type { AuditObject } from '../registry/audit/audit-entry.ts';
import { artifactName, artifactTypes } from './artifact-types.ts';
import type { PathSegment } from './path.ts';

const TYPES: Readonly<Record<ArtifactKind, string>> = {
  IntegrationFlow: 'iflow',
  ScriptCollection: 'script_collection',
  ValueMapping: 'value_mapping',
  MessageMapping: 'message_mapping',
};

const ACTIONS: Readonly<Record<string, { readonly type: string; readonly action: string }>> = {
  'POST IntegrationPackages': { type: 'package', action: 'package.create' },
  'POST IntegrationPackages?Overwrite': { type: 'package', action: 'package.import' },
  'PUT IntegrationPackages()': { type: 'package', action: 'package.change' },
  'DELETE IntegrationPackages()': { type: 'package', action: 'package.delete' },
  'PUT IntegrationDesigntimeArtifacts()/$links/Configurations()': {
    type: 'iflow',
    action: 'artifact.change',
  },
  ...Object.fromEntries(ARTIFACT_KINDS.flatMap(actionsOf)),
  'DELETE IntegrationRuntimeArtifacts()': { type: 'iflow', action: 'iflow.undeploy' },
  ...credentialActions('UserCredentials', 'user_credentials'),
  ...credentialActions('OAuth2ClientCredentials', 'oauth2_client_credentials'),
  ...credentialActions('SecureParameters', 'secure_parameter'),
  'POST CheckIntegrationContent': { type: 'content', action: 'content.check' },
  'POST KeyPairResources': { type: 'keystore_entry', action: 'keystore.import' },
  'PUT CertificateResources()/$value': { type: 'keystore_entry', action: 'keystore.import' },
  'DELETE KeystoreEntries()': { type: 'keystore_entry', action: 'keystore.delete' },
  'PUT KeystoreResources()': { type: 'keystore_entry', action: 'keystore.delete' },
  'POST AccessPolicies': { type: 'access_policy', action: 'access_policy.create' },
  'PATCH AccessPolicies()': { type: 'access_policy', action: 'access_policy.change' },
  'DELETE AccessPolicies()': { type: 'access_policy', action: 'access_policy.delete' },
  'POST NumberRanges': { type: 'number_range', action: 'number_range.create' },
  'PUT NumberRanges()': { type: 'number_range', action: 'number_range.change' },
  'DELETE NumberRanges()': { type: 'number_range', action: 'number_range.delete' },
  'DELETE DataStoreEntries()': { type: 'data_store_entry', action: 'data_store_entry.delete' },
  'DELETE Variables()': { type: 'variable', action: 'variable.delete' },
  ...partnerActions('StringParameters'),
  ...partnerActions('BinaryParameters'),
  ...partnerActions('AlternativePartners'),
  ...partnerActions('AuthorizedUsers'),
  'DELETE Partners()': { type: 'partner', action: 'partner.delete' },
  'POST ArtifactReferences': { type: 'access_policy', action: 'access_policy.change' },
  'DELETE ArtifactReferences()': { type: 'access_policy', action: 'access_policy.change' },
};

function partnerActions(set: string): typeof ACTIONS {
  return Object.fromEntries(
    [`POST ${set}`, `PUT ${set}()`, `DELETE ${set}()`].map((change) => [
      change,
      { type: 'partner', action: 'partner.change' },
    ]),
  );
}

function credentialActions(set: string, type: string): typeof ACTIONS {
  return {
    [`POST ${set}`]: { type, action: 'credentials.create' },
    [`PUT ${set}()`]: { type, action: 'credentials.change' },
    [`DELETE ${set}()`]: { type, action: 'credentials.delete' },
  };
}

/** An iFlow's deployments have a name of their own, others are artifacts that are deployed. */
function actionsOf(kind: ArtifactKind): [string, { type: string; action: string }][] {
  const type = TYPES[kind];
  const { set } = artifactTypes[kind];
  const name = artifactName(kind);
  return [
    [`POST ${set}`, { type, action: 'artifact.create' }],
    [`PUT ${set}()`, { type, action: 'artifact.change' }],
    [`DELETE ${set}()`, { type, action: 'artifact.delete' }],
    [`POST ${name}SaveAsVersion`, { type, action: 'artifact.save_version' }],
    [
      `POST Deploy${name}`,
      { type, action: kind === 'IntegrationFlow' ? 'iflow.deploy' : 'artifact.deploy' },
    ],
  ];
}

/**
 * What the audit trail says of a change before it is begun. One that is not in the table is listed
 * by its method and resource.
 * @param keys of the type that the change begins with, in their order: the caller may write them in any.
 */
export function auditedChange(
  method: string,
  shape: string,
  segments: readonly PathSegment[],
  url: URL,
  keys: readonly string[],
): { readonly action: string; readonly object: AuditObject; readonly detail: string } {
  // Only an import says whether it overwrites.
  const isImport = shape === 'IntegrationPackages' && url.searchParams.has('Overwrite');
  const known = ACTIONS[`${method} ${shape}${isImport ? '?Overwrite' : ''}`];
  const [first, ...more] = segments.map(({ keys: written }) => written);
  const id = url.searchParams.get('Id')?.replace(/^'|'$/g, '');
  const valueOf = (key: string): string => first?.get(key)?.value ?? '';
  const others = more.flatMap((one) => [...(one?.values() ?? [])].map(({ value }) => value));
  return {
    action: known?.action ?? `api.${method.toLowerCase()}`,
    object: {
      type: known?.type ?? shape,
      name: first?.get('')?.value ?? (first === undefined ? id : valueOf(keys[0] ?? '')) ?? '',
    },
    detail: [furtherKeys(keys, valueOf), ...others].filter((text) => text !== '').join(', '),
  };
}

/** What names an entity beside its first key. Only the active version of an artifact is changed. */
export function furtherKeys(keys: readonly string[], valueOf: (key: string) => string): string {
  return keys
    .slice(1)
    .filter((key) => key !== 'Version')
    .map(valueOf)
    .filter((value) => value !== '')
    .join(', ');
}
