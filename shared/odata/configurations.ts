import { explainFaults } from '../iflow/design/artifact-rules.ts';
import type { Artifacts } from '../iflow/design/artifacts.ts';
import type { Configurations } from '../iflow/design/configurations.ts';
import { activeOf, keyOf } from './artifact-key.ts';
import { artifactTypes } from './artifact-types.ts';
import { configurations, configurationType } from './bundle-contents.ts';
import type { ReadContents } from './designtime-artifacts.ts';
import { ODataError } from './errors.ts';
import { keyValues } from './path.ts';
import { collectionRoutes } from './reply.ts';
import {
  type ODataReply,
  type ODataRequest,
  readProperties,
  type Routes,
  SMALL_BODY,
} from './request.ts';

const { set } = artifactTypes.IntegrationFlow;

/** The shape of the request that gives a parameter its value. */
export const CONFIGURE = `${set}()/$links/Configurations()`;

/** `Configurations`: the externalised parameters of iFlows, and their values in a deployment. */
export function configurationRoutes(
  artifacts: Artifacts,
  configured: Configurations,
  readContents: ReadContents,
): Routes {
  return {
    ...collectionRoutes(`${set}()/Configurations`, configurationType, async (request) => {
      const { zip } = await artifacts.getContent(...keyOf(request));
      return configurations(await explainFaults(() => readContents(zip)));
    }),
    [CONFIGURE]: {
      PUT: async (request) => {
        const [reply] = await configureTogether(configured, [request]);
        return reply ?? { status: 202 };
      },
    },
  };
}

/** Gives several parameters of one iFlow their values: all of them, or none. */
export async function configureTogether(
  configured: Configurations,
  requests: readonly ODataRequest[],
): Promise<ODataReply[]> {
  const values = new Map<string, string>();
  const ids = new Set<string>();
  let user = '';
  for (const request of requests) {
    ids.add(activeOf(request));
    ({ user } = request.caller);
    const [name = ''] = keyValues(request.segments[2], ['ParameterKey']);
    const known = ['ParameterKey', 'ParameterValue', 'DataType'] as const;
    const body = await readProperties(request.call, SMALL_BODY, known);
    if (body.ParameterValue === undefined) {
      throw ODataError.badRequest("Property 'ParameterValue' is missing.");
    }
    values.set(name, body.ParameterValue);
  }
  const [id = '', ...others] = ids;
  if (others.length > 0) throw ODataError.badRequest('The parameters are of several iFlows.');
  await configured.set(id, values, user);
  return requests.map(() => ({ status: 202 }));
}
