import type { TokenCredential } from '@azure/core-auth';
import type { Destination } from './sdk.ts';

export interface DestinationSettings {
  /** Of Application Insights. */
  readonly connectionString: string | undefined;
  /** Whether the OTLP exporters find their endpoint in the environment, as the specification has it. */
  readonly otlp: boolean;
  /** Where Application Insights takes no telemetry by the key in the connection string alone. */
  readonly credential: TokenCredential | undefined;
  /** Told once when telemetry is not taken, and once when it is again. */
  readonly report: (text: string) => void;
}

/** Loads the exporters that are needed, each with the rest of its library. */
export async function openDestinations(
  settings: DestinationSettings,
): Promise<readonly Destination[]> {
  const { connectionString, credential, otlp, report } = settings;
  const destinations: Destination[] = [];
  if (connectionString !== undefined) {
    const { openApplicationInsights } = await import('./application-insights.ts');
    const opened = openApplicationInsights(connectionString, credential);
    destinations.push(watched('Application Insights', report, opened));
  }
  if (otlp) {
    const { openOtlp } = await import('./otlp.ts');
    destinations.push(watched('The OTLP endpoint', report, openOtlp()));
  }
  return destinations;
}

/** ExportResultCode.FAILED of `@opentelemetry/core`. */
const FAILED = 1;

interface ExportResult {
  readonly code: number;
  readonly error?: Error;
}
type Done = (result: ExportResult) => void;

/** Tells once of a destination that is away, however many batches it does not take. */
function watched(
  name: string,
  report: (text: string) => void,
  { spans, metrics }: Destination,
): Destination {
  let away = false;
  const note = ({ code, error }: ExportResult): void => {
    if ((code === FAILED) === away) return;
    away = code === FAILED;
    // The message may quote the answer or the headers that were sent: the kind of error has to do.
    const why = error !== undefined && 'code' in error ? String(error.code) : (error?.name ?? '');
    report(
      away
        ? `${name} does not take telemetry; it is lost. ${why}`
        : `${name} takes telemetry again.`,
    );
  };
  const watch =
    <T>(send: (batch: T, done: Done) => void) =>
    (batch: T, done: Done): void => {
      let told = false;
      send(batch, (result) => {
        // Azure's exporter calls back a second time, always with success.
        if (told) return;
        told = true;
        note(result);
        done(result);
      });
    };
  spans.export = watch(spans.export.bind(spans));
  metrics.export = watch(metrics.export.bind(metrics));
  return { spans, metrics };
}
