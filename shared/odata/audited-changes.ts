import type { AuditObject } from '../registry/audit/audit-entry.ts';
import type { PathSegment } from './path.ts';

const ACTIONS: Readonly<Record<string, { readonly type: string; readonly action: string }>> = {
  'POST IntegrationPackages': { type: 'package', action: 'package.create' },
  'PUT IntegrationPackages()': { type: 'package', action: 'package.change' },
  'DELETE IntegrationPackages()': { type: 'package', action: 'package.delete' },
  'POST IntegrationDesigntimeArtifacts': { type: 'iflow', action: 'artifact.create' },
  'PUT IntegrationDesigntimeArtifacts()': { type: 'iflow', action: 'artifact.change' },
  'DELETE IntegrationDesigntimeArtifacts()': { type: 'iflow', action: 'artifact.delete' },
  'PUT IntegrationDesigntimeArtifacts()/$links/Configurations()': {
    type: 'iflow',
    action: 'artifact.change',
  },
  'POST IntegrationDesigntimeArtifactSaveAsVersion': {
    type: 'iflow',
    action: 'artifact.save_version',
  },
  'POST DeployIntegrationDesigntimeArtifact': { type: 'iflow', action: 'iflow.deploy' },
  'DELETE IntegrationRuntimeArtifacts()': { type: 'iflow', action: 'iflow.undeploy' },
};

/**
 * What the audit trail says of a change before it is begun. One that is not in the table is listed
 * by its method and resource.
 */
export function auditedChange(
  method: string,
  shape: string,
  segments: readonly PathSegment[],
  url: URL,
): { readonly action: string; readonly object: AuditObject; readonly detail: string } {
  const known = ACTIONS[`${method} ${shape}`];
  const keys = [...(segments[0]?.keys?.values() ?? [])];
  const detail = segments.slice(1).flatMap((segment) => [...(segment.keys?.values() ?? [])]);
  const id = url.searchParams.get('Id')?.replace(/^'|'$/g, '');
  return {
    action: known?.action ?? `api.${method.toLowerCase()}`,
    object: { type: known?.type ?? shape, name: keys[0] ?? id ?? '' },
    detail: detail.join(', '),
  };
}
