import type { ArtifactKind } from '../bundle/artifact-kind.ts';
import { decodeUtf8, readBundle } from '../bundle/bundle.ts';
import { BundleFault } from '../bundle/fault.ts';
import { MAX_SCRIPT_BYTES, readCollection, SCRIPT_FOLDER } from '../bundle/script-collection.ts';
import { compileFlow, type CompileOptions } from '../compile.ts';
import { type CompiledFlow, NotDeployable } from '../flow.ts';
import type { Graph } from '../model/flow-model.ts';
import { readFlow } from '../model/read-flow.ts';
import type { ResourceFiles } from '../steps/compiler.ts';
import { compileValueMapping } from '../value-mapping/compile.ts';
import type { CompiledValueMapping } from '../value-mapping/compiled.ts';

/** What deploying an artifact keeps of it: nothing, of a collection, whose scripts go into the iFlows. */
export interface CompiledArtifact {
  readonly flow?: CompiledFlow;
  readonly mapping?: CompiledValueMapping;
}

/** Bundles of the script collections of these ids; those that the tenant has not are left out. */
export type LoadCollections = (ids: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;

/** Script collections that one iFlow may refer to. */
const MOST_COLLECTIONS = 50;

/**
 * Reads and compiles an artifact: what deploying it does.
 * @param working told what takes long, before it does
 * @throws {BundleFault} when it cannot be read.
 * @throws {NotDeployable} when it can, and asks for what is not there.
 */
export async function compileArtifact(
  kind: ArtifactKind,
  zip: Uint8Array,
  loadCollections: LoadCollections,
  working?: CompileOptions['working'],
): Promise<CompiledArtifact> {
  switch (kind) {
    case 'IntegrationFlow': {
      const bundle = readBundle(zip);
      const model = readFlow(bundle);
      const ids = collectionsNamed(model.processes);
      const collections = ids.length === 0 ? new Map() : openAll(await loadCollections(ids));
      const options = { collections, ...(working === undefined ? {} : { working }) };
      return { flow: compileFlow(model, bundle, options) };
    }
    case 'ValueMapping':
      return { mapping: compileValueMapping(zip) };
    case 'ScriptCollection':
      checkScripts(readCollection(zip));
      return {};
    case 'MessageMapping':
      throw new NotDeployable([
        {
          text: 'Message mappings are kept and exported, and cannot run yet.',
          kind: 'missing',
          capability: 'message mapping',
        },
      ]);
  }
}

function collectionsNamed(graphs: readonly Graph[]): string[] {
  const ids = new Set<string>();
  const visit = (graph: Graph): void => {
    for (const { properties, inner } of graph.nodes) {
      const id = properties.get('scriptBundleId') ?? '';
      if (id !== '') ids.add(id);
      if (inner !== undefined) visit(inner);
    }
  };
  graphs.forEach(visit);
  if (ids.size <= MOST_COLLECTIONS) return [...ids];
  throw new BundleFault([`An iFlow may refer to ${MOST_COLLECTIONS} script collections.`]);
}

function openAll(zips: ReadonlyMap<string, Uint8Array>): Map<string, ResourceFiles> {
  const collections = new Map<string, ResourceFiles>();
  for (const [id, zip] of zips) {
    try {
      collections.set(id, readCollection(zip));
    } catch (error) {
      if (!(error instanceof BundleFault)) throw error;
      throw new BundleFault(error.faults.map((fault) => `Script collection ${id}: ${fault}`));
    }
  }
  return collections;
}

/** Jar files of a collection are left alone: no script here can use them. */
function checkScripts({ paths, read }: ResourceFiles): void {
  for (const path of paths) {
    if (!path.startsWith(SCRIPT_FOLDER) || path.endsWith('.jar')) continue;
    const bytes = read(path, MAX_SCRIPT_BYTES);
    if (bytes !== undefined) decodeUtf8(bytes, path);
  }
}
