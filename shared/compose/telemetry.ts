import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock as clock } from '../config/clock.ts';
import type { TelemetrySettings } from '../config/load.ts';
import { createRandomPool } from '../config/random.ts';
import type { Credential } from '../storage/managed-identity.ts';
import { observeStorage } from '../storage/observe.ts';
import { startStep } from '../telemetry/call-trace.ts';
import { openTelemetry } from '../telemetry/recorder.ts';
import type { Meter, Telemetry } from '../telemetry/telemetry.ts';

/** Turns telemetry on; loaded only where a setting asks for it. */
export function startTelemetry(settings: TelemetrySettings): Telemetry {
  const telemetry = openTelemetry({
    samplingRatio: settings.samplingRatio,
    randomBytes: createRandomPool(),
    startSdk: async () => {
      const { startSdk } = await import('../telemetry/sdk.ts');
      const { openDestinations } = await import('../telemetry/destinations.ts');
      const destinations = await openDestinations({
        ...settings,
        credential: await credentialOf(settings),
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

/** Application Insights may take nothing by the key in the connection string alone. */
async function credentialOf({ identity }: TelemetrySettings): Promise<Credential | undefined> {
  if (identity === undefined) return undefined;
  const { createManagedIdentityCredential } = await import('../storage/managed-identity.ts');
  return createManagedIdentityCredential(identity, { clock, fetch, wait });
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
