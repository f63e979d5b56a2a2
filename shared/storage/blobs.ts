import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import { once } from '../cache/once.ts';
import type { BundleBlobs } from '../iflow/design/design-store.ts';
import type { StorageAccount } from './account.ts';

/** What one call may take, with up to 40 MB to carry. */
const MAX_WAIT_MS = 10_000;

export interface BundleBlobFolder extends BundleBlobs {
  /** Names of blobs that were written before a time, in milliseconds since the epoch. */
  writtenBefore(before: number): AsyncIterable<string>;
}

/** Blobs that the service lists at a time. */
const PAGE = 1000;

type Storage = StorageAccount & { readonly prefix: string };

/** The container `<prefix>bundles`, which is made if it is not there. */
export async function openBundleContainer(storage: Storage): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  const options = { retryOptions: { maxTries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1000 } };
  const service =
    'connectionString' in storage
      ? BlobServiceClient.fromConnectionString(storage.connectionString, options)
      : new BlobServiceClient(storage.blobServiceUri, storage.credential, options);
  const client = service.getContainerClient(`${storage.prefix}bundles`);
  await client.createIfNotExists({ abortSignal: withinTime() });
  return client;
}

/**
 * Bundles as blobs `<uuid>.zip`. The blob library is loaded by the first use, since only the
 * management API reads or writes bundles.
 */
export function openBundleBlobs(storage: Storage): BundleBlobFolder {
  const container = once(() => openBundleContainer(storage));
  return {
    async put(zip) {
      const name = `${randomUUID()}.zip`;
      await (await container()).getBlockBlobClient(name).uploadData(zip, {
        blobHTTPHeaders: { blobContentType: 'application/zip' },
        abortSignal: withinTime(),
      });
      return name;
    },

    async get(name) {
      try {
        return await (
          await container()
        )
          .getBlockBlobClient(name)
          .downloadToBuffer(0, undefined, { abortSignal: withinTime() });
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },

    async remove(name) {
      await (
        await container()
      )
        .getBlockBlobClient(name)
        .deleteIfExists({ abortSignal: withinTime() });
    },

    async *writtenBefore(before) {
      const client = await container();
      let continuationToken: string | undefined;
      do {
        // Each page has a time of its own.
        const pages = client
          .listBlobsFlat({ abortSignal: withinTime() })
          .byPage({ maxPageSize: PAGE, ...(continuationToken && { continuationToken }) });
        continuationToken = undefined;
        for await (const page of pages) {
          for (const { name, properties } of page.segment.blobItems) {
            if (properties.lastModified.getTime() < before) yield name;
          }
          ({ continuationToken } = page);
          break;
        }
      } while (continuationToken);
    },
  };
}

/** The library would wait for ever for a server that does not answer. */
const withinTime = (): AbortSignal => AbortSignal.timeout(MAX_WAIT_MS);

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 404;
}
