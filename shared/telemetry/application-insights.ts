import type { TokenCredential } from '@azure/core-auth';
import {
  AzureMonitorMetricExporter,
  AzureMonitorTraceExporter,
} from '@azure/monitor-opentelemetry-exporter';
import type { Destination } from './sdk.ts';

/** @param credential where it takes no telemetry by the key in the connection string alone. */
export function openApplicationInsights(
  connectionString: string,
  credential: TokenCredential | undefined,
): Destination {
  const options = {
    connectionString,
    // What is not taken is lost: an instance's disk lives no longer than the instance.
    disableOfflineStorage: true,
    ...(credential === undefined ? {} : { credential }),
  };
  return {
    spans: new AzureMonitorTraceExporter(options),
    metrics: new AzureMonitorMetricExporter(options),
  };
}
