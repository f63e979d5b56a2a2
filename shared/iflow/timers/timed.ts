import type { Deployment } from '../deployment/deployment.ts';

/** Nothing is run by deployments that are older. */
export const FRESH_MS = 5000;

/** Whether timers start the flow that is deployed. */
export const isTimed = ({ status, hasTimers }: Deployment): boolean =>
  status === 'STARTED' && hasTimers === true;
