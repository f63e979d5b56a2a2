import { json } from '../http/call.ts';
import { LARGEST_PACKAGE } from '../iflow/bundle/content-package.ts';
import type { CheckContent } from '../iflow/check/check-in-worker.ts';
import { countVerdicts } from '../iflow/check/summary.ts';
import { faultsOf } from '../iflow/design/bundle-tools.ts';
import { fromBase64, inBase64 } from './base64.ts';
import { ODataError } from './errors.ts';
import { readProperties, type Routes } from './request.ts';

/**
 * `POST CheckIntegrationContent` with `{"Content": "<base64>"}`: what deploying the iFlows of a bundle
 * or an integration package would say, as `npm run check -- --json` has it. Nothing is kept.
 */
export function checkContentRoutes(checkContent: CheckContent): Routes {
  return {
    CheckIntegrationContent: {
      POST: async ({ call }) => {
        const body = await readProperties(call, inBase64(LARGEST_PACKAGE), ['Content']);
        const { Content: content } = body;
        if (content === undefined) throw ODataError.badRequest('Content is missing.');
        try {
          const flows = await checkContent(fromBase64('Content', content));
          return json(200, { ...countVerdicts(flows), flows });
        } catch (error) {
          const faults = faultsOf(error);
          if (faults === undefined) throw error;
          throw ODataError.badRequest(faults.join(' '));
        }
      },
    },
  };
}
