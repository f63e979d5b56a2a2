/** What diagnosis needs to know of iFlows, always as storage holds it at that moment. */
export interface FlowTracer {
  /**
   * @param path as it stands in the URL after `/http`.
   * @returns undefined for what cannot be the path of a call.
   */
  trace(path: string): Promise<FlowTrace | undefined>;
}

export type FlowTrace =
  | { readonly served: ServedAddress }
  | {
      readonly served: undefined;
      /** Every address that is served, as configured. */
      readonly addresses: readonly string[];
      /** An iFlow whose design-time version would serve it; one in ERROR before any other. */
      readonly designed: DesignedFlow | undefined;
      /** Whether more iFlows are designed than were looked at. */
      readonly more: boolean;
    };

/** What a call to the address reaches. */
export interface ServedAddress {
  readonly iflow: string;
  readonly name: string;
  readonly packageId: string;
  readonly packageName: string;
  /** As configured on the sender channel. */
  readonly address: string;
  readonly userRole: string;
  readonly csrfProtected: boolean;
}

export interface DesignedFlow {
  readonly iflow: string;
  readonly address: string;
  /** `STARTED` in another version, without this address; undefined if it is not deployed. */
  readonly status: 'STARTED' | 'ERROR' | undefined;
  /** Why it is in ERROR: one sentence per fault. */
  readonly faults: readonly string[];
}
