import { type Check, fail, pass } from './check.ts';
import type { DesignedFlow, FlowTrace, ServedAddress } from './flow-trace.ts';
import { nearestAddress } from './nearest-address.ts';

/** Faults of a deployment that a detail repeats, at most. */
const MOST_FAULTS = 5;
/** Methods that change nothing, which need no CSRF token. */
const READING = ['GET', 'HEAD'];

export function checkFlow(path: string, trace: FlowTrace): Check {
  if (trace.served !== undefined) {
    const { iflow, address } = trace.served;
    return pass(
      'flow_deployed',
      `The iFlow ${iflow} is deployed at ${address} and serves ${path}.`,
    );
  }
  const nothing = `No iFlow is deployed at ${path}.`;
  if (trace.designed !== undefined) return explainDesigned(nothing, trace.designed);
  const hint = nearestAddress(path, trace.addresses);
  if (hint !== undefined) return fail('flow_deployed', `${nothing} ${hint.detail}`, hint.remedy);
  const looked = trace.more ? 'None of the iFlows changed last' : 'No iFlow';
  return fail(
    'flow_deployed',
    `${nothing} ${looked} has a sender channel of that address either.`,
    `Give the HTTPS sender of an iFlow this address and deploy it with POST ${deployPath('<iFlow>')}.`,
  );
}

function explainDesigned(nothing: string, { iflow, address, status, faults }: DesignedFlow): Check {
  const deploy = `POST ${deployPath(iflow)}`;
  switch (status) {
    case 'ERROR': {
      const told = faults.slice(0, MOST_FAULTS).join(' ');
      return fail(
        'flow_deployed',
        `${nothing} The iFlow ${iflow} has the address ${address}, but its deployment is in ERROR: ${told}`,
        `Mend that in the iFlow ${iflow} and deploy it again with ${deploy}.`,
      );
    }
    case 'STARTED':
      return fail(
        'flow_deployed',
        `${nothing} The iFlow ${iflow} has the address ${address} in its design, but another version of it is deployed.`,
        `Deploy it again with ${deploy}.`,
      );
    case undefined:
      return fail(
        'flow_deployed',
        `${nothing} The iFlow ${iflow} has the address ${address}, but is not deployed.`,
        `Deploy it with ${deploy}.`,
      );
  }
}

const deployPath = (iflow: string): string =>
  `/api/v1/DeployIntegrationDesigntimeArtifact?Id='${iflow}'&Version='active'`;

/** SAP Help, Use CSRF Protection. */
export function checkCsrf(path: string, method: string, { csrfProtected }: ServedAddress): Check {
  if (!csrfProtected) return pass('csrf', 'CSRF protection is off at this address.');
  if (READING.includes(method)) {
    return pass('csrf', `CSRF protection is on at this address, but a ${method} needs no token.`);
  }
  return fail(
    'csrf',
    `CSRF protection is on at this address: a ${method} without a CSRF token is refused.`,
    `Fetch a token with GET /http${path} and the header X-CSRF-Token: fetch, send what comes back in the header X-CSRF-Token of the ${method}, or switch CSRF Protected off in the HTTPS sender and deploy the iFlow again.`,
  );
}
