/** Deployed value mappings, all together, as scripts and mappings ask them. */
export interface ValueMappings {
  /**
   * SAP's `ValueMappingApi.getMappedValue`: what `value` of the source agency and identifier is
   * called by the target's. With several deployed, the group whose source was deployed last counts.
   * @returns undefined where there is no such value.
   */
  mappedValue(
    sourceAgency: string,
    sourceIdentifier: string,
    value: string,
    targetAgency: string,
    targetIdentifier: string,
  ): Promise<string | undefined>;
}
