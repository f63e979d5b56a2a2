import type { EntityType } from './model.ts';

const PROVENANCE = {
  LastModifiedBy: 'Edm.String',
  LastModifiedTime: 'Edm.DateTime',
  CreatedBy: 'Edm.String',
  CreatedTime: 'Edm.DateTime',
} as const;

export const stringParameterType: EntityType = {
  name: 'StringParameter',
  set: 'StringParameters',
  keys: ['Pid', 'Id'],
  properties: { Pid: 'Edm.String', Id: 'Edm.String', ...PROVENANCE, Value: 'Edm.String' },
  navigations: {},
  media: false,
};

export const binaryParameterType: EntityType = {
  name: 'BinaryParameter',
  set: 'BinaryParameters',
  keys: ['Pid', 'Id'],
  properties: {
    Pid: 'Edm.String',
    Id: 'Edm.String',
    ...PROVENANCE,
    ContentType: 'Edm.String',
    // In base64.
    Value: 'Edm.String',
  },
  navigations: {},
  media: false,
};

/** Its keys are UTF-8 in hexadecimal, so that no sign of a name is one of the address. */
export const alternativePartnerType: EntityType = {
  name: 'AlternativePartner',
  set: 'AlternativePartners',
  keys: ['Hexagency', 'Hexscheme', 'Hexid'],
  properties: {
    Hexagency: 'Edm.String',
    Hexscheme: 'Edm.String',
    Hexid: 'Edm.String',
    Agency: 'Edm.String',
    Scheme: 'Edm.String',
    Id: 'Edm.String',
    Pid: 'Edm.String',
    ...PROVENANCE,
  },
  navigations: {},
  media: false,
};

export const authorizedUserType: EntityType = {
  name: 'AuthorizedUser',
  set: 'AuthorizedUsers',
  keys: ['User'],
  properties: { User: 'Edm.String', Pid: 'Edm.String', ...PROVENANCE },
  navigations: {},
  media: false,
};

export const partnerType: EntityType = {
  name: 'Partner',
  set: 'Partners',
  keys: ['Pid'],
  properties: { Pid: 'Edm.String' },
  navigations: {},
  media: false,
};

/** Types with an entity set of their own, for `$metadata`. */
export const partnerTypes: readonly EntityType[] = [
  partnerType,
  stringParameterType,
  binaryParameterType,
  alternativePartnerType,
  authorizedUserType,
];
