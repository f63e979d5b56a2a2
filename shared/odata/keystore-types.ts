import { certificateProperties } from './certificate-properties.ts';
import type { EntityType } from './model.ts';

export const chainCertificateType: EntityType = {
  name: 'ChainCertificate',
  set: 'ChainCertificates',
  keys: ['Hexalias', 'Index'],
  properties: {
    Hexalias: 'Edm.String',
    Alias: 'Edm.String',
    Index: 'Edm.Int32',
    ...certificateProperties,
  },
  navigations: {},
  media: false,
};

const certificateResourceType: EntityType = {
  name: 'CertificateResource',
  set: 'CertificateResources',
  keys: ['Hexalias'],
  properties: { Hexalias: 'Edm.String', Alias: 'Edm.String' },
  navigations: {},
  media: true,
};

export const keystoreEntryType: EntityType = {
  name: 'KeystoreEntry',
  set: 'KeystoreEntries',
  keys: ['Hexalias'],
  properties: {
    Hexalias: 'Edm.String',
    Alias: 'Edm.String',
    Type: 'Edm.String',
    Owner: 'Edm.String',
    Status: 'Edm.String',
    ...certificateProperties,
    LastModifiedBy: 'Edm.String',
    LastModifiedTime: 'Edm.DateTime',
    CreatedBy: 'Edm.String',
    CreatedTime: 'Edm.DateTime',
  },
  navigations: {
    Certificate: { type: certificateResourceType, many: false },
    ChainCertificates: { type: chainCertificateType, many: true },
  },
  media: false,
};

const keyPairResourceType: EntityType = {
  name: 'KeyPairResource',
  set: 'KeyPairResources',
  keys: ['Hexalias'],
  properties: {
    Hexalias: 'Edm.String',
    Alias: 'Edm.String',
    Resource: 'Edm.String',
    Password: 'Edm.String',
  },
  navigations: {},
  media: false,
};

/** Types with an entity set of their own, for `$metadata`. */
export const keystoreTypes: readonly EntityType[] = [
  keystoreEntryType,
  chainCertificateType,
  certificateResourceType,
  keyPairResourceType,
];
