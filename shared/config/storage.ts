import type { Settings } from './schema.ts';

/** The token endpoint that Azure gives an app with a managed identity. */
export interface ManagedIdentity {
  /** `IDENTITY_ENDPOINT` */
  readonly endpoint: string;
  /** `IDENTITY_HEADER`: proves to the endpoint that the app itself is asking. */
  readonly header: string;
  /** Of a user-assigned identity; without it Azure takes the system-assigned one. */
  readonly clientId: string | undefined;
}

/** The storage account: with its key in a connection string, or for the app's managed identity. */
export type StorageSettings =
  | { readonly connectionString: string }
  | {
      /** No trailing slash. */
      readonly tableServiceUri: string;
      readonly blobServiceUri: string;
      readonly identity: ManagedIdentity;
    };

const NAME = 'AzureWebJobsStorage';
export const STORAGE_MISSING = `${NAME} is not set`;

/** Whether any setting says where the storage is, be it rightly or wrongly. */
export function isStorageNamed(env: Readonly<Record<string, string | undefined>>): boolean {
  return Object.entries(env).some(([name, value]) => name.startsWith(NAME) && value);
}

/**
 * Reads the connection by the names that the Functions host gives to it:
 * https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
 * @returns undefined when `faults` got the reason why there is none.
 */
export function readStorage(
  settings: Omit<Settings, 'FLOWGATE_MASTER_KEY'>,
  faults: string[],
): StorageSettings | undefined {
  const { AzureWebJobsStorage: connectionString, AzureWebJobsStorage__accountName: account } =
    settings;
  const uriOf = (service: 'table' | 'blob'): string | undefined =>
    settings[`${NAME}__${service}ServiceUri`] ??
    (account === undefined ? undefined : `https://${account}.${service}.core.windows.net`);
  const [tableServiceUri, blobServiceUri] = [uriOf('table'), uriOf('blob')];
  const isIdentityMeant = tableServiceUri !== undefined || blobServiceUri !== undefined;
  if (connectionString !== undefined) {
    if (!isIdentityMeant) return { connectionString };
    faults.push(`${NAME} and ${NAME}__… exclude each other: set one`);
    return undefined;
  }
  if (!isIdentityMeant) {
    faults.push(STORAGE_MISSING);
    return undefined;
  }
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = settings;
  const missing = Object.entries({
    [`${NAME}__tableServiceUri`]: tableServiceUri,
    [`${NAME}__blobServiceUri`]: blobServiceUri,
    [`${NAME}__credential`]: settings.AzureWebJobsStorage__credential,
    IDENTITY_ENDPOINT: endpoint,
    IDENTITY_HEADER: header,
  }).flatMap(([name, value]) => (value === undefined ? [`${name} is not set`] : []));
  faults.push(...missing);
  if (!tableServiceUri || !blobServiceUri || !endpoint || !header) return undefined;
  const clientId = settings.AzureWebJobsStorage__clientId;
  return { tableServiceUri, blobServiceUri, identity: { endpoint, header, clientId } };
}
