import type {
  AccessPolicies,
  AccessPolicy,
  ArtifactReference,
  ProtectedArtifact,
} from './access-policy.ts';
import { CLIENT_PREFIX } from './access-policy.ts';

/** Who alone may call an artifact: any of them will do (SAP Help, Access Policies). */
export interface AllowList {
  readonly roles: readonly string[];
  readonly clientIds: readonly string[];
}

/** Decides which policies apply. @returns undefined where none does. */
export type FindAllowList = (artifact: ProtectedArtifact) => AllowList | undefined;

/** Compiles the conditions of all policies, once for many calls. */
export async function compilePolicies({ policies }: AccessPolicies): Promise<FindAllowList> {
  const compiled = await Promise.all(
    policies.map(async (policy) => ({ policy, applies: await compilePolicy(policy) })),
  );
  return (artifact) => {
    const names = compiled
      .filter(({ applies }) => applies(artifact))
      .map(({ policy }) => policy.roleName);
    if (names.length === 0) return undefined;
    const isClient = (name: string): boolean => name.startsWith(CLIENT_PREFIX);
    return {
      roles: names.filter((name) => !isClient(name)),
      clientIds: names.filter(isClient).map((name) => name.slice(CLIENT_PREFIX.length)),
    };
  };
}

type Test = (artifact: ProtectedArtifact) => boolean;

async function compilePolicy({ references }: AccessPolicy): Promise<Test> {
  const tests = await Promise.all(references.map(compileReference));
  return (artifact) => tests.some((test) => test(artifact));
}

async function compileReference(reference: ArtifactReference): Promise<Test> {
  const matches = await compileCondition(reference);
  return (artifact) => matches(attributeOf(artifact, reference));
}

async function compileCondition({
  condition,
  value,
}: ArtifactReference): Promise<(text: string) => boolean> {
  if (condition === 'exactString') return (text) => text === value;
  const { compilePattern } = await import('../../iflow/expressions/pattern.ts');
  return compilePattern(value);
}

function attributeOf(
  { id, name, packageId, packageName }: ProtectedArtifact,
  { type, attribute }: ArtifactReference,
): string {
  if (type === 'INTEGRATION_PACKAGE') return attribute === 'ID' ? packageId : packageName;
  return attribute === 'ID' ? id : name;
}
