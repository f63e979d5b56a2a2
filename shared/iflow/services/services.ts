import type { DataStores } from './data-stores.ts';
import type { HttpService } from './http.ts';
import type { NumberRanges } from './number-ranges.ts';
import type { PartnerDirectory } from './partner-directory.ts';
import type { SecurityMaterial } from './security-material.ts';
import type { ProcessedMessages } from './processed-messages.ts';
import type { ValueMappings } from './value-mappings.ts';
import type { Variables } from './variables.ts';

/**
 * What flows share beyond one message, by the room that has it. Each is a function that loads it when
 * a flow first needs it.
 */
export interface FlowServices {
  readonly http: () => Promise<HttpService>;
  readonly securityMaterial: () => Promise<SecurityMaterial>;
  readonly valueMappings: () => Promise<ValueMappings>;
  readonly numberRanges: () => Promise<NumberRanges>;
  readonly partnerDirectory: () => Promise<PartnerDirectory>;
  readonly dataStores: () => Promise<DataStores>;
  readonly variables: () => Promise<Variables>;
  readonly processedMessages: () => Promise<ProcessedMessages>;
}
