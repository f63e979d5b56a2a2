/** The Partner Directory, as scripts read it (`PartnerDirectoryApi`). */
export interface PartnerDirectory {
  /** A string or binary parameter of a partner; of two with one id, the string. */
  parameter(partnerId: string, parameterId: string): Promise<string | Uint8Array | undefined>;
  /** The partner that an alternative id of an agency and scheme stands for. */
  partnerId(
    agency: string,
    scheme: string,
    alternativePartnerId: string,
  ): Promise<string | undefined>;
  /** The partner that a user is authorised for; the case of the user's name does not matter. */
  partnerIdOfUser(user: string): Promise<string | undefined>;
}

/** Who has made an entity of the directory and who has changed it. */
export interface Provenance {
  readonly createdBy: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly modifiedBy: string;
  readonly modifiedAt: number;
}

export interface StringParameter extends Provenance {
  readonly kind: 'string';
  readonly pid: string;
  readonly id: string;
  readonly value: string;
}

export interface BinaryParameter extends Provenance {
  readonly kind: 'binary';
  readonly pid: string;
  readonly id: string;
  /** Such as `xml;encoding=UTF-8`. */
  readonly contentType: string;
  readonly value: Uint8Array;
}

export interface AlternativePartner extends Provenance {
  readonly kind: 'alternative';
  readonly pid: string;
  readonly agency: string;
  readonly scheme: string;
  readonly id: string;
}

export interface AuthorizedUser extends Provenance {
  readonly kind: 'user';
  readonly pid: string;
  /** In lower case. */
  readonly user: string;
}

export type PartnerEntity = StringParameter | BinaryParameter | AlternativePartner | AuthorizedUser;

export type PartnerEntityKind = PartnerEntity['kind'];

export type PartnerEntityOf<K extends PartnerEntityKind> = Extract<PartnerEntity, { kind: K }>;

/** What names an entity. */
export type PartnerKey<K extends PartnerEntityKind> = Pick<
  PartnerEntityOf<K>,
  Extract<
    keyof PartnerEntityOf<K>,
    K extends 'alternative' ? 'agency' | 'scheme' | 'id' : K extends 'user' ? 'user' : 'pid' | 'id'
  >
>;

/** Which entities a list has. */
export interface ListedPartners<K extends PartnerEntityKind> {
  /** Of one partner. */
  readonly pid?: string | undefined;
  /** That come after this one. */
  readonly after?: PartnerKey<K> | undefined;
  /** Whether binary parameters have their values; else those are empty. */
  readonly values: boolean;
}

export interface PartnerStore {
  find<K extends PartnerEntityKind>(
    kind: K,
    key: PartnerKey<K>,
  ): Promise<PartnerEntityOf<K> | undefined>;
  /** Of a kind, read as they are asked for, in the order of their keys. */
  list<K extends PartnerEntityKind>(
    kind: K,
    of: ListedPartners<K>,
  ): AsyncIterable<PartnerEntityOf<K>>;
  /** @returns false when there is one of that key. */
  create(entity: PartnerEntity): Promise<boolean>;
  /** @returns false when there is none of that key. */
  replace(entity: PartnerEntity): Promise<boolean>;
  /** @returns false when there was none. */
  remove<K extends PartnerEntityKind>(kind: K, key: PartnerKey<K>): Promise<boolean>;
  /** Ids of all partners. */
  partners(): Promise<readonly string[]>;
  /** Removes everything of a partner. @returns how many entities. */
  removePartner(pid: string): Promise<number>;
}
