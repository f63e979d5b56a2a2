import type { Client, Versioned } from './client.ts';
import type { Page, PageRequest } from './page.ts';

/** Where clients are kept. A client and its secrets are one row, so one ETag guards both. */
export interface ClientStore {
  /** Undefined if there is no such client. */
  read(clientId: string): Promise<Versioned<Client> | undefined>;
  /** Its ETag; undefined, and nothing changed, if the id is taken. */
  create(client: Client): Promise<string | undefined>;
  /** The new ETag; undefined, and nothing changed, if `etag` is stale or the client is gone. */
  replace(client: Client, etag: string): Promise<string | undefined>;
  /**
   * First half of a deletion: stores `client` and, in the same write, that its id has been deleted,
   * which is never forgotten. Answers like {@link ClientStore.replace}.
   */
  retire(client: Client, etag: string): Promise<string | undefined>;
  /** Second half: removes the row. False, and nothing changed, if `etag` is stale. */
  remove(clientId: string, etag: string): Promise<boolean>;
  /** In the order of client ids. */
  list(page: PageRequest): Promise<Page<Client>>;
}

/** What is remembered of an id beside, and beyond the life of, its client. */
export interface ClientOrigin {
  /** Fingerprint of the setting that the client's secret was made from; undefined without one. */
  readonly settingFingerprint: string | undefined;
  /** Whether a client of this id has ever been deleted. */
  readonly deleted: boolean;
}

/** What making the first administrator needs beyond {@link ClientStore}. */
export interface BootstrapStore {
  /** Undefined for an id that was neither made from a setting nor ever deleted. */
  readOrigin(clientId: string): Promise<ClientOrigin | undefined>;
  /** Client and fingerprint in one write. False, and nothing changed, if the id has existed before. */
  createFromSetting(client: Client, settingFingerprint: string): Promise<boolean>;
  /** Client and fingerprint in one write. False, and nothing changed, if `etag` is stale. */
  replaceFromSetting(client: Client, etag: string, settingFingerprint: string): Promise<boolean>;
}
