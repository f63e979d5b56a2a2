import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsSchema } from '../../shared/config/schema.ts';
import { type Deployment, evaluateTemplate, type Resource } from './bicep/evaluate.ts';

export const root = join(import.meta.dirname, '../..');

/** Read by the Functions host or its library, not by Flowgate. */
export const HOST_SETTINGS: Readonly<Record<string, string>> = {
  AzureFunctionsWebHost__hostid: 'makes several hosts one for timers',
  AzureWebJobsDisableHomepage: 'gives / to the app',
};
/** Set by Azure itself. */
export const PLATFORM_SETTINGS: readonly string[] = [
  'IDENTITY_ENDPOINT',
  'IDENTITY_HEADER',
  'WEBSITE_HOSTNAME',
  'WEBSITE_SITE_NAME',
];
export const APP_SETTINGS: readonly string[] = Object.keys(settingsSchema.shape);

/** infra/main.bicep with the parameters that azd always gives, and these. */
export function deploy(parameters: Readonly<Record<string, unknown>> = {}): Deployment {
  return evaluateTemplate(join(root, 'infra/main.bicep'), {
    environmentName: 'staging',
    location: 'westeurope',
    ...parameters,
  });
}

/** The only resource of a type. */
export function only({ resources }: Deployment, type: string): Resource {
  const [found, ...others] = resources.filter((resource) => resource.type === type);
  if (found === undefined || others.length > 0) throw new Error(`One ${type} is expected`);
  return found;
}

/** A value deep inside a resource's body. */
export function valueAt(resource: Resource, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], resource.body);
}

/** The app settings that the template sets, what only Azure can know as `<path>`. */
export function settingsOf({ resources }: Deployment): Record<string, string> {
  const found = resources.filter(({ name }) => name.endsWith('/appsettings'));
  if (found.length !== 1 || found[0] === undefined) throw new Error('One appsettings is expected');
  const settings = valueAt(found[0], 'properties') as Record<string, unknown>;
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');
