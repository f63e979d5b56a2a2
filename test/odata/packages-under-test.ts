import { openStorageCopy } from '../../shared/storage/copy.ts';
import type { Answer } from '../support/call.ts';
import { type ApiUnderTest, entityIn } from './api-under-test.ts';

/** SAP Help, Integration Package Example Requests. */
export const importZip = (api: ApiUnderTest, zip: Uint8Array, query = ''): Promise<Answer> =>
  api.post(`IntegrationPackages${query}`, {
    PackageContent: Buffer.from(zip).toString('base64'),
  });

export const overwrite = (api: ApiUnderTest, zip: Uint8Array): Promise<Answer> =>
  importZip(api, zip, '?Overwrite=true');

/** What the answer to an import says of its artifacts. */
export const messagesIn = (answer: Answer): Record<string, unknown>[] =>
  (entityIn(answer)['ImportMessages'] as { results: Record<string, unknown>[] }).results;

/** Names of all blobs that there are. */
export const blobsOf = (api: ApiUnderTest): Promise<readonly string[]> =>
  openStorageCopy(api.storage).listBlobs();
