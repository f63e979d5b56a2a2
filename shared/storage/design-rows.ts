import type { TransactionAction } from '@azure/data-tables';
import type { DesignArtifact, IntegrationPackage, Write } from '../iflow/design/design-store.ts';
import { encodeKey } from './keys.ts';
import { packJson, unpackBytes, unpackJson } from './packed-json.ts';

/**
 * Packages (`p|<id>`) and active artifacts (`a|<id>`) share one partition, since creating an
 * artifact changes both in one batch. Saved versions have a partition for each artifact.
 */
export const PARTITION = 'design';
export const PACKAGES = 'p|';
export const ARTIFACTS = 'a|';

export interface Row {
  readonly etag: string;
  readonly [property: string]: unknown;
}

export function packageRow(value: IntegrationPackage) {
  return {
    ...packJson(value),
    partitionKey: PARTITION,
    rowKey: PACKAGES + encodeKey(value.id),
  };
}

export function artifactRow(value: DesignArtifact) {
  return {
    ...packJson(value),
    partitionKey: PARTITION,
    rowKey: ARTIFACTS + encodeKey(value.id),
    packageId: encodeKey(value.packageId),
  };
}

/** Whether two rows have the same content. */
export const isSame = (row: Row, written: object): boolean =>
  unpackBytes(row).equals(unpackBytes({ ...written }));

export const packageOf = (row: Row): IntegrationPackage => unpackJson(row) as IntegrationPackage;

/** Rows of the first version have no kind: there were iFlows only. */
export const artifactOf = (row: Row): DesignArtifact => ({
  kind: 'IntegrationFlow',
  ...(unpackJson(row) as Omit<DesignArtifact, 'kind'> & Partial<Pick<DesignArtifact, 'kind'>>),
});

/** A batch has at most 100 rows, of which the package is one, and 4 MiB, in base64. */
const BATCH_ROWS = 99;
const BATCH_BYTES = 1_500_000;

interface ArtifactWrite {
  readonly row: ReturnType<typeof artifactRow>;
  readonly etag: string | undefined;
}

/** At least one, which may be empty: the package is written with each. */
export function batches(artifacts: readonly Write<DesignArtifact>[]): ArtifactWrite[][] {
  let last: ArtifactWrite[] = [];
  const all = [last];
  let bytes = 0;
  for (const { value, etag } of artifacts) {
    const row = artifactRow(value);
    const size = Object.values(row).reduce((sum, part) => sum + part.length, 0);
    if (last.length === BATCH_ROWS || (last.length > 0 && bytes + size > BATCH_BYTES)) {
      last = [];
      all.push(last);
      bytes = 0;
    }
    last.push({ row, etag });
    bytes += size;
  }
  return all;
}

export function action(
  row: { readonly partitionKey: string; readonly rowKey: string },
  etag: string | undefined,
): TransactionAction {
  return etag === undefined ? ['create', row] : ['update', row, 'Replace', { etag }];
}
