import type { Exchange } from '../../exchange.ts';
import { asText, type Template } from '../../expressions/simple.ts';
import { type EvaluateText, textsOf } from '../evaluating.ts';
import type { SignatureSettings, XadesSettings, XadesValues } from './signature/settings.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export interface XmlSignerConfig {
  readonly alias: Template;
  readonly settings: SignatureSettings;
}

/**
 * Signs the body with a key pair of the keystore (SAP Help, Sign the Message Content with XML Digital
 * Signature), with the qualifying properties of XAdES where the step has any.
 */
export const xmlSigner: Step = {
  async run(exchange, node, context) {
    const { alias, settings } = node.config as XmlSignerConfig;
    const { environment, flow } = context;
    const text = textsOf(exchange, context);
    const name = text(alias);
    const material = await environment.services.securityMaterial();
    const pair = await material.keyPair(name);
    if (pair === undefined) {
      const shown = JSON.stringify(name.slice(0, 100));
      throw new StepFailure(
        'no_key_pair',
        `The keystore has no key pair ${shown} to sign with. Add it to the keystore.`,
      );
    }
    const { xades, ...plain } = settings;
    exchange.body = await runTask(
      'signXml',
      {
        body: exchange.body,
        settings: plain,
        xades: xades && valuesOf(xades, text),
        privateKey: pair.privateKey,
        certificates: pair.certificates,
        namespaces: flow.settings.namespaces,
        now: environment.now(),
        offsetMinutes: offsetOf(exchange),
        seed: Buffer.from(environment.randomBytes(12)).toString('hex'),
      },
      node,
      context,
    );
    return undefined;
  },
};

function valuesOf(xades: XadesSettings, text: EvaluateText): XadesValues {
  const { policy, place, dataFormat } = xades;
  return {
    ...xades,
    policy:
      policy.kind === 'explicit'
        ? {
            ...policy,
            identifier: text(policy.identifier),
            description: text(policy.description),
            digestValue: text(policy.digestValue),
          }
        : policy,
    place: {
      city: text(place.city),
      state: text(place.state),
      postalCode: text(place.postalCode),
      country: text(place.country),
    },
    dataFormat: {
      ...dataFormat,
      description: text(dataFormat.description),
      mimeType: text(dataFormat.mimeType),
    },
    commitmentDescription: text(xades.commitmentDescription),
  };
}

/** `GMT+3:00` (SAP Help, Signing the Message Content with XAdES-BES (1)); UTC for what is none. */
function offsetOf({ properties }: Exchange): number {
  const zone = asText(properties.get('SAP_XadesSigningTimeZone') ?? null);
  const [, sign, hours = '0', minutes = '0'] =
    /^(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  const offset = Number(hours) * 60 + Number(minutes);
  return offset > 14 * 60 ? 0 : sign === '-' ? -offset : offset;
}
