import type { Versioned } from '../client.ts';
import type { Page, PageRequest } from '../page.ts';
import type { TrustedIssuer } from './issuer.ts';

/** Where trusted issuers are kept. */
export interface IssuerStore {
  /** Undefined if there is no such issuer. */
  read(issuerId: string): Promise<Versioned<TrustedIssuer> | undefined>;
  /** Its ETag; undefined, and nothing changed, if the id is taken. */
  create(issuer: TrustedIssuer): Promise<string | undefined>;
  /** The new ETag; undefined, and nothing changed, if `etag` is stale or the issuer is gone. */
  replace(issuer: TrustedIssuer, etag: string): Promise<string | undefined>;
  /** False, and nothing changed, if `etag` is stale. */
  remove(issuerId: string, etag: string): Promise<boolean>;
  /** In the order of their ids. */
  list(page: PageRequest): Promise<Page<TrustedIssuer>>;
}
