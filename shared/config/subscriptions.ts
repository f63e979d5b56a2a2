/** The two subscriptions of a deployment, named as SAP BTP (Neo) names them. */
export interface Subscriptions {
  /** `<account>iflmap`: the runtime that iFlows run in. */
  readonly iflmap: string;
  /** `<account>tmn`: the management node. */
  readonly tmn: string;
}

export type Application = keyof Subscriptions;

export function subscriptionsOf(account: string): Subscriptions {
  return { iflmap: `${account}iflmap`, tmn: `${account}tmn` };
}
