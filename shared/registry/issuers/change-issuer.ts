import { Fault } from '../../http/fault.ts';
import { Problem } from '../../http/problem.ts';
import type { IfMatch } from '../change-client.ts';
import type { Versioned } from '../client.ts';
import { isIssuerId, type TrustedIssuer } from './issuer.ts';
import type { IssuerStore } from './issuer-store.ts';

/** How often a change meant for any version is tried again because another one came first. */
const TRIES = 10;

/** @throws {Problem} 404 */
export async function readIssuer(
  store: IssuerStore,
  issuerId: string,
): Promise<Versioned<TrustedIssuer>> {
  const found = isIssuerId(issuerId) ? await store.read(issuerId) : undefined;
  if (found !== undefined) return found;
  throw Problem.notFound(
    'There is no trusted issuer of this id. The id is the issuer_id that was chosen for it, not its address.',
  );
}

/**
 * Applies `change` to the issuer as it is, and stores it if nobody has changed it meanwhile.
 * @throws {Problem} 404 if there is no such issuer, 412 if it is not one of the versions meant.
 */
export async function changeIssuer(
  store: IssuerStore,
  issuerId: string,
  ifMatch: IfMatch,
  change: (issuer: TrustedIssuer) => TrustedIssuer | Promise<TrustedIssuer>,
): Promise<Versioned<TrustedIssuer>> {
  return whileItIsAsMeant(store, issuerId, ifMatch, async (current) => {
    const value = await change(current.value);
    const etag = await store.replace(value, current.etag);
    return etag === undefined ? undefined : { value, etag };
  });
}

/** @throws {Problem} 404 and 412 as {@link changeIssuer}. */
export async function deleteIssuer(
  store: IssuerStore,
  issuerId: string,
  ifMatch: IfMatch,
): Promise<void> {
  await whileItIsAsMeant(store, issuerId, ifMatch, async ({ etag }) =>
    (await store.remove(issuerId, etag)) ? true : undefined,
  );
}

/** @param write answers undefined if another change came first. */
async function whileItIsAsMeant<T>(
  store: IssuerStore,
  issuerId: string,
  ifMatch: IfMatch,
  write: (current: Versioned<TrustedIssuer>) => Promise<T | undefined>,
): Promise<T> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const current = await readIssuer(store, issuerId);
    if (ifMatch !== 'any' && !ifMatch.includes(current.etag)) throw Problem.preconditionFailed();
    const written = await write(current);
    if (written !== undefined) return written;
  }
  throw Fault.unavailable(
    'The issuer is being changed by others at the same moment. Send the request again.',
    1,
  );
}
