import { escapeXml } from '../xml/write-xml.ts';

/** The settings of an element, as every element of an .iflw has them. */
export function properties(values: Readonly<Record<string, string>>): string {
  const written = Object.entries(values).map(
    ([key, value]) =>
      `<ifl:property><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></ifl:property>`,
  );
  return `<bpmn2:extensionElements>${written.join('')}</bpmn2:extensionElements>`;
}
