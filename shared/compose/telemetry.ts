import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { TokenCredential } from '@azure/core-auth';
import type { TelemetrySettings } from '../config/load.ts';
import { createRandomPool } from '../config/random.ts';
import { observeStorage } from '../storage/observe.ts';
import { startStep } from '../telemetry/call-trace.ts';
import { openTelemetry } from '../telemetry/recorder.ts';
import type { Meter, Telemetry } from '../telemetry/telemetry.ts';

/**
 * Turns telemetry on; loaded only where a setting asks for it.
 * @param credential of the managed identity, for an Application Insights that takes nothing without.
 */
export function startTelemetry(
  settings: TelemetrySettings,
  credential: () => Promise<TokenCredential | undefined>,
): Telemetry {
  const telemetry = openTelemetry({
    samplingRatio: settings.samplingRatio,
    randomBytes: createRandomPool(),
    startSdk: async () => {
      const { startSdk } = await import('../telemetry/sdk.ts');
      const { openDestinations } = await import('../telemetry/destinations.ts');
      const destinations = await openDestinations({
        ...settings,
        credential: settings.byIdentity ? await credential() : undefined,
        report: (text) => console.error(text),
      });
      const { serviceName } = settings;
      return startSdk({ serviceName, instanceId: randomUUID(), destinations });
    },
    onError: (problem, cause) => console.error(problem, cause),
  });
  telemetry.count('flowgate.instance.starts');
  measureStorage(telemetry);
  measureEventLoop(telemetry);
  return telemetry;
}

function measureStorage(meter: Meter): void {
  observeStorage((operation) => {
    const step = startStep(operation, {});
    return ({ ms, failure }) => {
      step?.end(failure);
      const outcome = failure === undefined ? 'ok' : 'failed';
      meter.record('flowgate.storage.duration', ms, { operation, outcome });
      if (failure !== undefined) meter.count('flowgate.storage.failures', 1, { operation });
    };
  });
}

const SAMPLE_MS = 20;
const LOOK_AGAIN_AFTER_MS = 5000;

function measureEventLoop(meter: Meter): void {
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delay.enable();
  let look = { at: -Infinity, ms: 0 };
  meter.observe('flowgate.event_loop.delay', () => {
    const now = performance.now();
    // Two destinations look right after each other, and each look begins a new stretch of time.
    if (now - look.at > LOOK_AGAIN_AFTER_MS) {
      look = { at: now, ms: Math.max(0, delay.percentile(99) / 1e6 - SAMPLE_MS) };
      delay.reset();
    }
    return Promise.resolve(look.ms);
  });
}
