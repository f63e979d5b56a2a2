/** The Partner Directory, as scripts read it (`PartnerDirectoryApi`). */
export interface PartnerDirectory {
  /** A string or binary parameter of a partner. */
  parameter(partnerId: string, parameterId: string): Promise<string | Uint8Array | undefined>;
  /** The partner that an alternative id of an agency and scheme stands for. */
  partnerId(
    agency: string,
    scheme: string,
    alternativePartnerId: string,
  ): Promise<string | undefined>;
  /** The partner that a user is authorised for. */
  partnerIdOfUser(user: string): Promise<string | undefined>;
}
