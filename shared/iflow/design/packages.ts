import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import type { BundleBlobs, DesignStore, IntegrationPackage } from './design-store.ts';
import { EMPTY_FIELDS, LONGEST_TEXT, type PackageFields } from './package-fields.ts';

export interface Packages {
  list(): Promise<IntegrationPackage[]>;
  /** @throws {Fault} 404 */
  get(id: string): Promise<IntegrationPackage>;
  /** @throws {Fault} 400 for an id with other characters than letters and digits or a text above 10,000 characters, 500 for an id in use. */
  create(id: string, fields: Partial<PackageFields>, user: string): Promise<IntegrationPackage>;
  /** Fields left out stay. @throws {Fault} 404 */
  update(id: string, fields: Partial<PackageFields>, user: string): Promise<IntegrationPackage>;
  /** Removes its artifacts too; what is deployed stays deployed. @throws {Fault} 404 */
  remove(id: string): Promise<void>;
}

/** A change that finds itself overtaken is decided anew, this often at most. */
const MOST_TRIES = 20;

export function createPackages(deps: {
  readonly store: DesignStore;
  readonly blobs: BundleBlobs;
  readonly clock: Clock;
}): Packages {
  const { store, blobs, clock } = deps;
  return {
    list: () => store.listPackages(),

    async get(id) {
      const found = await store.findPackage(id);
      if (found === undefined) throw unknownPackage();
      return found.value;
    },

    async create(id, fields, user) {
      if (!/^[A-Za-z0-9]{1,120}$/.test(id)) {
        throw new Fault(
          400,
          "Property 'Id' value cannot have a special character. Enter a valid Id.",
          { reason: 'invalid_id' },
        );
      }
      requireTexts(fields);
      const now = clock.now();
      const value: IntegrationPackage = {
        ...EMPTY_FIELDS,
        version: '1.0.0',
        name: id,
        ...fields,
        id,
        createdBy: user,
        createdAt: now,
        modifiedBy: user,
        modifiedAt: now,
      };
      if ((await store.createPackage(value)) === 'exists') throw duplicatePackage(id);
      return value;
    },

    async update(id, fields, user) {
      requireTexts(fields);
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const found = await store.findPackage(id);
        if (found === undefined) throw unknownPackage();
        const value = { ...found.value, ...fields, modifiedBy: user, modifiedAt: clock.now() };
        if ((await store.replacePackage(value, found.etag)) === 'replaced') return value;
      }
      throw busy();
    },

    async remove(id) {
      const content = (await store.findPackage(id))?.value.content;
      const removed = await store.removePackage(id);
      if (removed === undefined) throw unknownPackage();
      if (content !== undefined) await blobs.remove(content);
      for (const artifact of removed) {
        for (const version of await store.listVersions(artifact.uid)) {
          await store.removeVersion(version.uid, version.version);
          await blobs.remove(version.content);
        }
        await blobs.remove(artifact.content);
      }
    },
  };
}

function requireTexts(fields: Partial<PackageFields>): void {
  for (const [name, text] of Object.entries(fields)) {
    if (text.length <= LONGEST_TEXT) continue;
    throw new Fault(400, `The ${name} of a package has at most ${LONGEST_TEXT} characters.`, {
      reason: 'invalid_package',
    });
  }
}

export function duplicatePackage(id: string): Fault {
  return new Fault(
    500,
    `An integration package with the ID ${id} already exists. To create an integration package, use a different ID.`,
    { reason: 'duplicate' },
  );
}

export function unknownPackage(): Fault {
  return new Fault(404, 'Requested entity could not be found.', { reason: 'unknown_package' });
}

/** Others kept changing the same record. */
export function busy(): Fault {
  return Fault.unavailable('This is being changed by others at the same time. Try again.', 1);
}
