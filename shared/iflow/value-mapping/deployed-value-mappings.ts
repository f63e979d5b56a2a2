import type { DeploymentDirectory, DeploymentSnapshot } from '../deployment/deployment.ts';
import { UnknownRevision } from '../deployment/directory.ts';
import type { ValueMappings } from '../services/value-mappings.ts';
import type { CompiledValueMapping, ValueOwner } from './compiled.ts';

/** Names by value, by what {@link keyOf} makes of both owners. */
type Tables = ReadonlyMap<string, ReadonlyMap<string, string>>;

interface Held {
  readonly tables: Promise<Tables>;
  /** Values in it, 0 until it is read. */
  count: number;
}

/** Values of all mappings in memory; those read first go, and are read again when they are asked. */
const MOST_HELD = 1_000_000;

/**
 * All deployed value mappings as one, the one deployed last first. What is deployed or undeployed on
 * another instance counts within the time that the directory allows; a mapping is read once for each
 * of its deployments.
 */
export function createDeployedValueMappings(deps: {
  readonly directory: Pick<DeploymentDirectory, 'current'>;
  /** undefined where there is none: the deployment has been replaced. */
  readonly read: (revision: string) => Promise<CompiledValueMapping | undefined>;
}): ValueMappings {
  const held = new Map<string, Held>();
  let current: DeploymentSnapshot | undefined;
  let ordered: readonly string[] = [];

  const load = async (revision: string): Promise<Tables> => {
    const compiled = await deps.read(revision);
    if (compiled === undefined) throw new UnknownRevision(revision);
    const { tables } = compiled;
    makeRoom(
      revision,
      tables.reduce((sum, table) => sum + table.values.length, 0),
    );
    return new Map(
      tables.map(({ source, target, values }) => [keyOf(source, target), new Map(values)]),
    );
  };

  const makeRoom = (revision: string, count: number): void => {
    const loaded = held.get(revision);
    if (loaded !== undefined) loaded.count = count;
    let sum = [...held.values()].reduce((all, one) => all + one.count, 0);
    for (const [other, one] of held) {
      if (sum <= MOST_HELD) return;
      if (other === revision) continue;
      held.delete(other);
      sum -= one.count;
    }
  };

  const tablesOf = (revision: string): Promise<Tables> => {
    const found = held.get(revision);
    if (found !== undefined) return found.tables;
    const tables = load(revision);
    const made = { tables, count: 0 };
    held.set(revision, made);
    tables.catch(() => {
      if (held.get(revision) === made) held.delete(revision);
    });
    return tables;
  };

  const turnTo = (snapshot: DeploymentSnapshot): void => {
    if (snapshot === current) return;
    current = snapshot;
    ordered = snapshot.deployments
      .filter(({ type, status }) => type === 'VALUE_MAPPING' && status === 'STARTED')
      .sort((a, b) => b.deployedOn - a.deployedOn || (a.id < b.id ? -1 : 1))
      .map(({ revision }) => revision);
    for (const revision of held.keys()) if (!ordered.includes(revision)) held.delete(revision);
  };

  const find = async (key: string, value: string): Promise<string | undefined> => {
    for (const revision of ordered) {
      const mapped = (await tablesOf(revision)).get(key)?.get(value);
      if (mapped !== undefined) return mapped;
    }
    return undefined;
  };

  return {
    async mappedValue(sourceAgency, sourceIdentifier, value, targetAgency, targetIdentifier) {
      const key = keyOf([sourceAgency, sourceIdentifier], [targetAgency, targetIdentifier]);
      turnTo(await deps.directory.current());
      try {
        return await find(key, value);
      } catch (error) {
        if (!(error instanceof UnknownRevision)) throw error;
        // Deployed again since the list was read.
        turnTo(await deps.directory.current(0));
        return find(key, value);
      }
    },
  };
}

function keyOf(source: ValueOwner, target: ValueOwner): string {
  return JSON.stringify([...source, ...target]);
}
