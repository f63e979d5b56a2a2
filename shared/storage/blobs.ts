import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import { once } from '../cache/once.ts';
import type { BundleBlobs } from '../iflow/design/design-store.ts';
import type { StorageAccount } from './account.ts';

type Storage = StorageAccount & { readonly prefix: string };

/** The container `<prefix>bundles`, which is made if it is not there. */
export async function openBundleContainer(storage: Storage): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  const service =
    'connectionString' in storage
      ? BlobServiceClient.fromConnectionString(storage.connectionString)
      : new BlobServiceClient(storage.blobServiceUri, storage.credential);
  const client = service.getContainerClient(`${storage.prefix}bundles`);
  await client.createIfNotExists();
  return client;
}

/**
 * Bundles as blobs `<uuid>.zip`. The blob library is loaded by the first use, since only the
 * management API reads or writes bundles.
 */
export function openBundleBlobs(storage: Storage): BundleBlobs {
  const container = once(() => openBundleContainer(storage));
  return {
    async put(zip) {
      const name = `${randomUUID()}.zip`;
      await (await container()).getBlockBlobClient(name).uploadData(zip, {
        blobHTTPHeaders: { blobContentType: 'application/zip' },
      });
      return name;
    },

    async get(name) {
      try {
        return await (await container()).getBlockBlobClient(name).downloadToBuffer();
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },

    async remove(name) {
      await (await container()).getBlockBlobClient(name).deleteIfExists();
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 404;
}
