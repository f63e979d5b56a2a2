import type { XmlModifierSettings } from './convert/modify-xml.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';

/** SAP Help, Define XML Modifier. */
export function compileXmlModifier(
  { properties }: NodeModel,
  context: CompileContext,
): XmlModifierSettings {
  const isOn = (key: string): boolean => /^(?:1|true)$/.test(properties.get(key) ?? '');
  return {
    removeDeclaration: isOn('removeXmlDeclaration'),
    removeExternalDtd: isOn('removeExternalDTDs'),
    characters: compileCharacters(properties.get('xmlCharacterHandling') ?? '', context),
  };
}

function compileCharacters(
  handling: string,
  context: CompileContext,
): XmlModifierSettings['characters'] {
  // Versions before 1.1 of the step have no such setting.
  if (handling === '' || handling === 'none') return 'none';
  if (handling === 'remove' || handling === 'substitute') return handling;
  context.fault(
    `handles invalid characters by ${JSON.stringify(handling.slice(0, 100))}; it can be none, remove or substitute`,
    { property: 'xmlCharacterHandling' },
  );
  return 'none';
}
