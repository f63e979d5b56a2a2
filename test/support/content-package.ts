import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { escapeXml } from '../../shared/iflow/xml/write-xml.ts';

/** A resource of a package, in the words of SAP's resources.cnt. */
export interface ResourceDescription {
  readonly type: 'IFlow' | 'ScriptCollection' | 'ValueMapping' | 'MessageMapping' | 'File' | 'Url';
  readonly id: string;
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
  /** Left out for links. */
  readonly content?: Uint8Array;
}

export interface PackageDescription {
  readonly id: string;
  readonly name?: string;
  readonly shortText?: string;
  readonly description?: string;
  readonly version?: string;
  readonly resources: readonly ResourceDescription[];
  /** Takes the place of resources.cnt. */
  readonly directory?: string | Uint8Array;
  /** Entries that take the place of others, or come on top. */
  readonly entries?: Readonly<Record<string, string | Uint8Array>>;
}

/** The id that a resource has in a package. */
export const resourceId = (packageId: string, id: string): string =>
  createHash('md5').update(`${packageId}/${id}`).digest('hex');

/** resources.cnt of a package, decoded. */
export function directoryOf(described: PackageDescription): {
  resources: Record<string, unknown>[];
  relations: Record<string, unknown>[];
} {
  const selfId = resourceId(described.id, '');
  const attribute = (...attributeValues: string[]) => ({
    isExtendedLargeAttribute: false,
    attributeValues,
  });
  const common = {
    revision: 0,
    createdBy: 'maker@example.org',
    createdAt: 1_695_148_141_747,
    modifiedBy: 'maker@example.org',
    modifiedAt: 1_695_310_543_125,
    privilegeState: 'EDIT_ALLOWED',
    isRestricted: false,
    isGroupDefault: false,
    resourceReferences: [],
  };
  const self = {
    ...common,
    version: 1,
    id: selfId,
    name: described.id,
    uniqueId: described.id,
    displayName: described.name ?? described.id,
    semanticVersion: '1.0.0',
    resourceType: 'ContentPackage',
    additionalAttributes: {
      Description: attribute(described.description ?? ''),
      shortText: attribute(described.shortText ?? ''),
      Version: attribute(described.version ?? '1.0.0'),
      Vendor: attribute('Example'),
      Product: attribute('One', 'Two'),
      category: attribute('Integration'),
    },
  };
  const resources = described.resources.map((resource) => ({
    ...common,
    version: 3,
    id: resourceId(described.id, resource.id),
    name: `${resource.name ?? resource.id}.zip`,
    uniqueId: resource.id,
    displayName: resource.name ?? resource.id,
    semanticVersion: resource.version ?? '1.0.0',
    resourceType: resource.type,
    ...(resource.content === undefined ? {} : { contentType: 'application/octet-stream' }),
    additionalAttributes: {
      ...(resource.description === undefined
        ? {}
        : { Description: attribute(resource.description) }),
      OriginBundleSymbolicName: attribute(resource.id),
    },
  }));
  return {
    resources: [...resources, self],
    relations: resources.map(({ id }) => ({
      sourceId: selfId,
      targetId: id,
      relationType: 'AGGREGATION',
      RelationName: 'Default',
    })),
  };
}

export const encodeDirectory = (directory: unknown): string =>
  Buffer.from(JSON.stringify(directory)).toString('base64');

/** The zip of a package as a tenant exports it, data descriptors and all. */
export function contentPackage(described: PackageDescription): Uint8Array {
  const contents = described.resources.flatMap(({ id, content }) =>
    content === undefined ? [] : [[`${resourceId(described.id, id)}_content`, content] as const],
  );
  return zipWithDescriptors({
    ...Object.fromEntries(contents),
    'resources.cnt': described.directory ?? encodeDirectory(directoryOf(described)),
    'contentmetadata.md': Buffer.from(
      '-- listing properties --\nHashVersion=1.0.0\nExportModelVersion=1.0.0\n',
    ).toString('base64'),
    hash: JSON.stringify(['0'.repeat(40), '1'.repeat(40)]),
    'ExportInformation.info': `Name= ${described.name ?? described.id}\nDate= Thu Sep 21 15:48:51 UTC 2023\n`,
    ...described.entries,
  });
}

/** As java.util.zip streams it: sizes are in the central directory and behind the data only. */
export function zipWithDescriptors(
  files: Readonly<Record<string, string | Uint8Array>>,
): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = Buffer.from(path);
    const data = Buffer.from(content);
    const packed = deflateRawSync(data);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(0x0808, 6);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(0x5735_7e5a, 10);
    local.writeUInt16LE(name.length, 26);
    const descriptor = Buffer.alloc(16);
    descriptor.writeUInt32LE(0x08074b50, 0);
    descriptor.writeUInt32LE(crc32(data), 4);
    descriptor.writeUInt32LE(packed.length, 8);
    descriptor.writeUInt32LE(data.length, 12);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4);
    local.copy(central, 6, 4, 14);
    descriptor.copy(central, 16, 4);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    directory.push(central, name);
    parts.push(local, name, packed, descriptor);
    offset += 30 + name.length + packed.length + 16;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

interface Identity {
  readonly id: string;
  readonly name?: string;
  readonly version?: string;
}

/** The bundle of a script collection. */
export function scriptCollection(
  identity: Identity,
  scripts: Readonly<Record<string, string | Uint8Array>>,
): Uint8Array {
  const { id, version = '1.0.0' } = identity;
  return writeZip([
    manifest('ScriptCollection', identity, [
      `Provide-Capability: scriptcollection.${id};version:Version="${version}"`,
    ]),
    ...Object.entries(scripts).map(([path, source]) =>
      deflateEntry(`src/main/resources/script/${path}`, source),
    ),
  ]);
}

/** Agency, identifier, value; `*` behind the value marks the default. */
export type ValueEntry = readonly [agency: string, identifier: string, value: string];

/** The bundle of a value mapping. */
export function valueMapping(
  identity: Identity,
  groups: readonly (readonly ValueEntry[])[],
): Uint8Array {
  const written = groups.map((entries, i) => {
    const texts = entries.map(([agency, schema, value]) => {
      const isDefault = value.endsWith('*') ? ' isDefault="true"' : '';
      return `<entry${isDefault}><agency>${escapeXml(agency)}</agency><schema>${escapeXml(schema)}</schema><value>${escapeXml(value.replace(/\*$/, ''))}</value></entry>`;
    });
    return `<group id="${String(i).padStart(32, '0')}">${texts.join('')}</group>`;
  });
  return valueMappingOf(identity, `<vm version="2.0">${written.join('')}</vm>`);
}

export function valueMappingOf(identity: Identity, xml: string | undefined): Uint8Array {
  return writeZip([
    ...(xml === undefined ? [] : [deflateEntry('value_mapping.xml', xml)]),
    manifest('ValueMapping', identity),
  ]);
}

export function messageMapping(identity: Identity): Uint8Array {
  return writeZip([
    deflateEntry('src/main/resources/mapping/M.mmap', '<xiObj/>'),
    manifest('MessageMapping', identity, [
      `Provide-Capability: messagemapping.Other;version:Version="1.0.0"`,
    ]),
  ]);
}

function manifest(type: string, identity: Identity, more: readonly string[] = []) {
  const { id, name = id, version = '1.0.0' } = identity;
  const lines = [
    'Manifest-Version: 1.0',
    `Bundle-SymbolicName: ${id}`,
    `Bundle-Name: ${name}`,
    `Bundle-Version: ${version}`,
    `SAP-BundleType: ${type}`,
    'SAP-NodeType: IFLMAP',
    ...more,
  ];
  return deflateEntry('META-INF/MANIFEST.MF', `${lines.join('\r\n')}\r\n\r\n`);
}
